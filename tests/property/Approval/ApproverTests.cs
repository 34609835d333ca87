using Defragger.Approval;
using Defragger.Compare;
using Defragger.Files;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Approval;

public sealed class ApproverTests : IDisposable
{
    private static readonly UnixFileMode s_mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherExecute;
    private readonly TemporaryDirectory _directory = new();

    public ApproverTests()
    {
        Directory.CreateDirectory(_directory["base"]);
        Directory.CreateDirectory(_directory["cand"]);
    }

    public void Dispose() => _directory.Dispose();

    private static Gen<(string Name, string? Left, string? Right)> Case { get; } =
        from name in Gen.Elements("a", "b", "c.txt", "d/a", "d/e/a", "f/é", "f/x y", "f/\ud83d\ude00", "f/-n", "f/[1]*")
        from left in Gen.Elements(null, "", "one", new string('x', 300_000))
        from right in Gen.Elements(null, "", "two", new string('y', 300_000), new string('x', 300_000))
        select (name, left, right);

    [Property(MaxTest = 100)]
    public Property What_is_approved_is_the_candidates_and_nothing_else_is_touched() => Prop.ForAll(
        Case.ArrayOf().ToArbitrary(), ArbMap.Default.ArbFor<bool[]>(), (drawn, chosen) =>
        {
            using var directory = new TemporaryDirectory();
            Directory.CreateDirectory(directory["base"]);
            Directory.CreateDirectory(directory["cand"]);
            (string Name, string? Left, string? Right)[] cases = [.. drawn.DistinctBy(one => one.Name)];
            foreach ((string name, string? left, string? right) in cases)
            {
                if (left != null) directory.Write("base/" + name, left);
                if (right != null) directory.Write("cand/" + name, right);
            }
            using (var approver = new Approver(directory["base"], directory["cand"], force: false))
            {
                for (int i = 0; i < cases.Length; i++)
                {
                    (string name, string? left, string? right) = cases[i];
                    if (i >= chosen.Length || !chosen[i] || (left == null && right == null)) continue;
                    JournalLine line = Compared(directory, name);
                    ApprovalPlan plan = approver.Plan(line);
                    Assert.Equal(left, Text(directory["base/" + name])); // a plan changes nothing
                    ApprovedCase done = approver.Carry(plan, default);
                    ApprovalAction expected = left == right ? ApprovalAction.Unchanged : left == null ? ApprovalAction.Added
                        : right == null ? ApprovalAction.Removed : ApprovalAction.Replaced;
                    Assert.Equal((name, expected, (long)(right?.Length ?? 0), directory["base/" + name]), (done.Case, done.Action, done.Bytes, done.Path));
                }
            }
            for (int i = 0; i < cases.Length; i++)
            {
                (string name, string? left, string? right) = cases[i];
                Assert.Equal(i < chosen.Length && chosen[i] && (left != null || right != null) ? right : left, Text(directory["base/" + name]));
                Assert.Equal(right, Text(directory["cand/" + name]));
            }
            Assert.Empty(Leftovers(directory["base"]));
        });

    [Fact]
    public void A_replaced_file_keeps_its_mode_and_an_added_one_has_the_candidates()
    {
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(_directory.Write("base/a", "1"), s_mode);
        _directory.Write("cand/a", "2");
        File.SetUnixFileMode(_directory.Write("cand/b", "2"), s_mode);
        Approve("a");
        Approve("b");
        Assert.Equal("2", Text(_directory["base/a"]));
        Assert.Equal((s_mode, s_mode), (File.GetUnixFileMode(_directory["base/a"]), File.GetUnixFileMode(_directory["base/b"])));
    }

    [Theory]
    [InlineData("cand/a", "22")]
    [InlineData("cand/a", null)]
    [InlineData("base/a", "33")]
    [InlineData("base/a", null)]
    public void A_file_that_is_not_the_one_that_was_compared_is_refused_unless_forced(string changed, string? text)
    {
        _directory.Write("base/a", "1");
        _directory.Write("cand/a", "2");
        JournalLine line = Compared(_directory, "a");
        if (text == null) File.Delete(_directory[changed]);
        else _directory.Write(changed, text);
        string? before = Text(_directory["base/a"]), candidate = Text(_directory["cand/a"]);

        ApprovalException refused = Assert.Throws<ApprovalException>(() => Approve(line));
        Assert.Equal(ApprovalFault.Stale, refused.Fault);
        Assert.Contains(_directory[changed], refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Text(_directory["base/a"]));

        if (candidate == null)
        {
            Assert.Equal(ApprovalFault.Failed, Assert.Throws<ApprovalException>(() => Approve(line, force: true)).Fault);
            return;
        }
        Approve(line, force: true);
        Assert.Equal(candidate, Text(_directory["base/a"]));
    }

    [Fact]
    public void A_case_that_is_gone_is_not_removed_when_it_has_come_back()
    {
        _directory.Write("base/a", "1");
        JournalLine line = Compared(_directory, "a");
        _directory.Write("cand/a", "2");
        Assert.Equal(ApprovalFault.Stale, Assert.Throws<ApprovalException>(() => Approve(line)).Fault);
        Assert.Equal("1", Text(_directory["base/a"]));
        Approve(line, force: true); // as it is now
        Assert.Equal("2", Text(_directory["base/a"]));
    }

    [Theory]
    [InlineData(CaseStatus.Error)]
    [InlineData(CaseStatus.Timeout)]
    [InlineData(CaseStatus.OutOfMemory)]
    [InlineData(CaseStatus.Cancelled)]
    [InlineData(CaseStatus.DoesNotFit)]
    public void What_was_not_compared_is_refused_whatever_is_forced(CaseStatus status)
    {
        _directory.Write("base/a", "1");
        _directory.Write("cand/a", "2");
        JournalLine line = Compared(_directory, "a");
        line = line with { Result = line.Result with { Status = status } };
        Assert.Equal(ApprovalFault.NotCompared, Assert.Throws<ApprovalException>(() => Approve(line, force: true)).Fault);
        Assert.Equal("1", Text(_directory["base/a"]));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc/outside")]
    [InlineData("d/../../outside")]
    [InlineData("d//a")]
    [InlineData(".defrag-approve-0123456789abcdef0123456789abcdef")]
    public void A_name_that_leads_out_of_the_baseline_is_refused(string name)
    {
        string source = _directory.Write("cand/a", "2");
        var line = new JournalLine(
            new CaseResult { Case = name, Status = CaseStatus.Added, CandidatePath = source }, FileStamp.None, FileStamp.Of(source), "c");
        Assert.Equal(ApprovalFault.Outside, Assert.Throws<ApprovalException>(() => Approve(line, force: true)).Fault);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["base"]));
        Assert.False(File.Exists(_directory["outside"]));
    }

    [Fact]
    public void A_baselines_file_that_lies_elsewhere_is_refused()
    {
        string elsewhere = _directory.Write("elsewhere", "1"), source = _directory.Write("cand/a", "2");
        var line = new JournalLine(
            new CaseResult { Case = "a", Status = CaseStatus.Changed, BaselinePath = elsewhere, CandidatePath = source },
            FileStamp.Of(elsewhere), FileStamp.Of(source), "c");
        Assert.Equal(ApprovalFault.Outside, Assert.Throws<ApprovalException>(() => Approve(line, force: true)).Fault);
        Assert.Equal("1", Text(elsewhere));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_link_in_the_baseline_is_neither_followed_nor_replaced(bool toDirectory)
    {
        string outside = _directory.Write("outside/a", "1");
        string name = toDirectory ? "d/a" : "a";
        if (toDirectory) Directory.CreateSymbolicLink(_directory["base/d"], _directory["outside"]);
        else File.CreateSymbolicLink(_directory["base/a"], outside);
        _directory.Write("cand/" + name, "22");
        ApprovalException refused = Assert.Throws<ApprovalException>(() => Approve(Compared(_directory, name), force: true));
        Assert.Equal(ApprovalFault.Outside, refused.Fault);
        Assert.Equal("1", Text(outside));
        Assert.Single(Directory.EnumerateFileSystemEntries(_directory["outside"]));
        Assert.NotNull(new FileInfo(_directory[toDirectory ? "base/d" : "base/a"]).LinkTarget);
    }

    [Fact]
    public void A_candidate_that_is_a_link_out_of_the_directories_is_refused_unless_forced()
    {
        string secret = _directory.Write("secret", "private");
        File.CreateSymbolicLink(_directory["cand/a"], secret);
        JournalLine line = Compared(_directory, "a");
        Assert.Equal(ApprovalFault.Outside, Assert.Throws<ApprovalException>(() => Approve(line)).Fault);
        Assert.False(File.Exists(_directory["base/a"]));
        Approve(line, force: true);
        Assert.Equal("private", Text(_directory["base/a"]));
    }

    [Fact]
    public void A_directory_is_refused()
    {
        Directory.CreateDirectory(_directory["base/a"]);
        _directory.Write("cand/a", "2");
        Assert.Equal(ApprovalFault.Outside, Assert.Throws<ApprovalException>(() => Approve(Compared(_directory, "a"), force: true)).Fault);
        Directory.CreateDirectory(_directory["cand/b"]);
        Assert.Equal(ApprovalFault.Failed, Assert.Throws<ApprovalException>(() => Approve(Compared(_directory, "b"), force: true)).Fault);
    }

    [Fact]
    public void Copies_of_a_dead_approval_go_and_are_no_cases_and_other_files_stay()
    {
        _directory.Write("base/d/a", "1");
        _directory.Write("cand/d/a", "2");
        string left = _directory.Write("base/e/" + TemporaryName.Create(), "half");
        string mine = _directory.Write("base/e/.defrag-approve-mine", "mine");
        Assert.Equal(["d/a", "e/.defrag-approve-mine"], CaseTree.Walk(_directory["base"], _directory["cand"], CaseFilter.All).Select(one => one.Name));
        Assert.Equal(2, CaseTree.Count(_directory["base"], CaseFilter.All, default));
        Approve("d/a");
        Assert.False(File.Exists(left));
        Assert.True(File.Exists(mine));
    }

    [Fact]
    public void A_second_approval_is_refused_while_the_first_goes_on()
    {
        using (new Approver(_directory["base"], _directory["cand"], force: false))
        {
            IOException refused = Assert.Throws<IOException>(() => new Approver(_directory["base"], _directory["cand"], force: false));
            Assert.Contains("another approval", refused.Message, StringComparison.Ordinal);
        }
        new Approver(_directory["base"], _directory["cand"], force: false).Dispose();
    }

    [Fact]
    public void A_copy_that_is_stopped_leaves_the_old_file_and_no_copy()
    {
        _directory.Write("base/a", "1");
        _directory.Write("cand/a", new string('x', 1 << 20));
        using var approver = new Approver(_directory["base"], _directory["cand"], force: false);
        ApprovalPlan plan = approver.Plan(Compared(_directory, "a"));
        Assert.Throws<OperationCanceledException>(() => approver.Carry(plan, new CancellationToken(canceled: true)));
        Assert.Equal("1", Text(_directory["base/a"]));
        Assert.Empty(Leftovers(_directory["base"]));
    }

    [Theory]
    [InlineData("cand/a", false)]
    [InlineData("base/a", false)]
    [InlineData("base/a", true)]
    public void A_file_that_changes_while_a_person_is_asked_is_refused_also_when_forced(string changed, bool gone)
    {
        _directory.Write("base/a", "1");
        if (!gone) _directory.Write("cand/a", "2");
        using var approver = new Approver(_directory["base"], _directory["cand"], force: true);
        ApprovalPlan plan = approver.Plan(Compared(_directory, "a"));
        _directory.Write(changed, "other");
        Assert.Equal(ApprovalFault.Stale, Assert.Throws<ApprovalException>(() => approver.Carry(plan, default)).Fault);
        Assert.Equal(changed == "base/a" ? "other" : "1", Text(_directory["base/a"]));
        Assert.Empty(Leftovers(_directory["base"]));
    }

    private void Approve(string name) => Approve(Compared(_directory, name));

    private void Approve(JournalLine line, bool force = false)
    {
        using var approver = new Approver(_directory["base"], _directory["cand"], force);
        approver.Carry(approver.Plan(line), default);
    }

    /// <summary>The journal's line of a case as a run would write it now.</summary>
    private static JournalLine Compared(TemporaryDirectory directory, string name)
    {
        TestCase one = CaseName.Locate(name, directory["base"], directory["cand"]);
        CaseResult result = one.BaselinePath == null || one.CandidatePath == null
            ? Verdict.OneSided(one)
            : Verdict.Blank(one) with { Status = CaseStatus.Changed };
        return new JournalLine(result, FileStamp.Of(one.BaselinePath), FileStamp.Of(one.CandidatePath), "c");
    }

    private static string? Text(string path) => File.Exists(path) ? File.ReadAllText(path) : null;

    private static IEnumerable<string> Leftovers(string directory) =>
        Directory.EnumerateFiles(directory, ".defrag-approve-*", SearchOption.AllDirectories);
}
