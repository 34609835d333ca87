using Defragger.Compare;
using Defragger.Runs;
using Xunit;

namespace Defragger.Tests.Runs;

public sealed class RunCatalogTests : IDisposable
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_run_whose_end_is_told_is_not_counted_again()
    {
        string run = Write("run", s_start, ("a", CaseStatus.Same), ("b", CaseStatus.Changed));
        // Other counts than the journal's show where they are taken from.
        End(run, s_start, stopped: false, (CaseStatus.Same, 7), (CaseStatus.Timeout, 2));
        EarlierRun read = RunCatalog.Open(run);
        Assert.Equal((RunState.Complete, 9L, 7L, 0L, 2L), (read.State, read.Total, read.Same, read.Changed, read.NotCompared));
        Assert.Equal((s_start, TimeSpan.FromSeconds(3), (int?)2), (read.Started, read.Duration, read.ExitCode));
    }

    [Fact]
    public void A_run_without_an_end_is_interrupted_and_its_journal_is_counted_the_last_line_of_a_case_alone()
    {
        string run = Write("run", s_start, ("a", CaseStatus.Error), ("b", CaseStatus.Changed), ("a", CaseStatus.Same));
        EarlierRun read = RunCatalog.Open(run);
        Assert.Equal((RunState.Interrupted, 2L, 1L, 1L), (read.State, read.Total, read.Same, read.Changed));
        Assert.Null(read.ExitCode);
        Assert.Equal(TimeSpan.FromSeconds(2), read.Duration);
    }

    [Fact]
    public void An_end_is_not_believed_once_the_journal_has_grown_or_is_of_another_run()
    {
        string run = Write("run", s_start, ("a", CaseStatus.Same));
        End(run, s_start, stopped: false, (CaseStatus.Same, 1));
        using (Journal more = Journal.Append(OutputFolder.JournalOf(run), new FileInfo(OutputFolder.JournalOf(run)).Length)) more.Add(Line("b", CaseStatus.Changed, 1));
        Assert.Equal(RunState.Interrupted, RunCatalog.Open(run).State);

        string other = Write("other", s_start, ("a", CaseStatus.Same));
        End(other, s_start.AddHours(1), stopped: false, (CaseStatus.Same, 1));
        Assert.Equal(RunState.Interrupted, RunCatalog.Open(other).State);
        foreach (string bad in new[] { "", "{", "[]", "null", "{\"cases\":{\"Purple\":1}}" })
        {
            File.WriteAllText(OutputFolder.EndOf(other), bad);
            Assert.Equal(RunState.Interrupted, RunCatalog.Open(other).State);
        }
    }

    [Fact]
    public void A_run_that_goes_on_is_told_as_one_and_a_stopped_one_as_stopped()
    {
        string run = Write("run", s_start, ("a", CaseStatus.Same));
        End(run, s_start, stopped: true, (CaseStatus.Same, 1));
        Assert.Equal(RunState.Stopped, RunCatalog.Open(run).State);
        using (new OutputFolder(run)) Assert.Equal(RunState.Running, RunCatalog.Open(run).State);
        Assert.Equal(RunState.Stopped, RunCatalog.Open(run).State);
    }

    [Fact]
    public void The_newest_of_several_is_told_by_its_start_and_a_damaged_one_is_passed_over()
    {
        string older = Write("z", s_start, ("a", CaseStatus.Same));
        string newer = Write("a", s_start.AddDays(1), ("a", CaseStatus.Same));
        _directory.Write("b/journal.jsonl", "no journal\n");
        Directory.CreateDirectory(_directory["empty"]);
        Assert.Equal(newer, RunCatalog.Newest(_directory.Path));
        Assert.Equal(older, RunCatalog.Newest(older));
        Assert.Null(RunCatalog.Newest(_directory["empty"]));
        Assert.Null(RunCatalog.Newest(_directory["nothing"]));
        Assert.Equal(3, RunCatalog.Find(_directory.Path).Count);
        Assert.Throws<FormatException>(() => RunCatalog.Open(_directory["b"]));
    }

    private string Write(string name, DateTimeOffset started, params (string Case, CaseStatus Status)[] lines)
    {
        string run = _directory[name];
        Directory.CreateDirectory(run);
        using Journal journal = Journal.Create(OutputFolder.JournalOf(run), new JournalHeader(JournalHeader.Version, "0", started, "/b", "/c"));
        for (int i = 0; i < lines.Length; i++) journal.Add(Line(lines[i].Case, lines[i].Status, i));
        return run;
    }

    private static JournalLine Line(string name, CaseStatus status, int second) => new(
        new CaseResult { Case = name, Status = status, Ended = s_start.AddSeconds(second) }, FileStamp.None, FileStamp.None, "c");

    private static void End(string run, DateTimeOffset started, bool stopped, params (CaseStatus Status, long Count)[] cases) => new RunEnd(
        new FileInfo(OutputFolder.JournalOf(run)).Length, started, started.AddSeconds(3), TimeSpan.FromSeconds(3), stopped, 2,
        cases.ToDictionary(one => one.Status, one => one.Count)).Write(OutputFolder.EndOf(run));
}
