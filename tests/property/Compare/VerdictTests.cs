using Defragger.Compare;
using Defragger.Engines;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Compare;

public class VerdictTests
{
    private static readonly TestCase s_case = new("a", "/b/a", "/c/a");

    [Property]
    public bool The_exit_code_decides(byte code)
    {
        CaseStatus expected = code switch { 0 => CaseStatus.Same, 1 => CaseStatus.Changed, _ => CaseStatus.Error };
        return Judge(new ProcessReport { ExitCode = code }).Status == expected;
    }

    [Property]
    public bool Counts_are_taken_from_the_last_line(NonNegativeInt added, NonNegativeInt absent)
    {
        CaseResult result = Judge(new ProcessReport
        {
            ExitCode = 1,
            StandardOutput = $"progress\n{{\"new\":99}}\n{{\"new\":{added.Get},\"absent\":{absent.Get},\"reason\":\"why\",\"more\":[1]}}\n\n",
        });
        return result is { Status: CaseStatus.Changed, Updated: null, Reason: "why" } && result.New == added.Get && result.Absent == absent.Get;
    }

    [Theory]
    [InlineData("{\"new\":1")]
    [InlineData("{\"new\":-1}")]
    [InlineData("{\"new\":1.5}")]
    [InlineData("{\"new\":\"three\"}")]
    [InlineData("{]")]
    public void A_result_line_that_cannot_be_read_is_an_error_not_a_pass(string line) =>
        Assert.Equal(CaseStatus.Error, Judge(new ProcessReport { ExitCode = 0, StandardOutput = line }).Status);

    [Fact]
    public void Text_that_is_no_result_line_is_let_pass() =>
        Assert.Equal(CaseStatus.Same, Judge(new ProcessReport { ExitCode = 0, StandardOutput = "all fine \u0001\u0002\uFFFD" }).Status);

    [Fact]
    public void The_built_in_comparer_must_tell_its_result() =>
        Assert.Equal(CaseStatus.Error, Verdict.Judge(s_case, new ProcessReport { ExitCode = 0, StandardOutput = "garbage" }, mustReport: true).Status);

    [Fact]
    public void Exit_0_with_differences_counted_is_an_error() =>
        Assert.Contains("contradicts", Judge(new ProcessReport { ExitCode = 0, StandardOutput = "{\"updated\":2}" }).Reason, StringComparison.Ordinal);

    [Fact]
    public void A_python_exception_is_not_taken_for_a_difference()
    {
        CaseResult result = Judge(new ProcessReport
        {
            ExitCode = 1,
            StandardError = "Traceback (most recent call last):\n  File \"c.py\", line 1\nKeyError: 'x'\n",
        });
        Assert.Equal(CaseStatus.Error, result.Status);
        Assert.EndsWith("KeyError: 'x'", result.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(9, "signal 9 (SIGKILL)")]
    [InlineData(11, "signal 11 (SIGSEGV)")]
    [InlineData(40, "signal 40")]
    public void A_signal_is_an_error_with_its_name(int signal, string name)
    {
        CaseResult result = Judge(new ProcessReport { Signal = signal });
        Assert.Equal((CaseStatus.Error, signal), (result.Status, result.Signal));
        Assert.Contains(name, result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Time_memory_and_cancellation_have_a_status_of_their_own()
    {
        Assert.Equal(CaseStatus.Timeout, Judge(new ProcessReport { Signal = 9, TimedOut = true }).Status);
        Assert.Equal(CaseStatus.OutOfMemory, Judge(new ProcessReport { Signal = 9, OutOfMemory = true }).Status);
        Assert.Equal(CaseStatus.Cancelled, Judge(new ProcessReport { Signal = 9, Cancelled = true }).Status);
    }

    [Fact]
    public void A_missing_baseline_is_never_a_pass()
    {
        Assert.Equal(CaseStatus.Added, Verdict.OneSided(s_case with { BaselinePath = null }).Status);
        Assert.Equal(CaseStatus.Removed, Verdict.OneSided(s_case with { CandidatePath = null }).Status);
    }

    [Theory]
    [InlineData("{baseline}", "/b/a")]
    [InlineData("--x={case}:{candidate}", "--x=a:/c/a")]
    [InlineData("{print $1}", "{print $1}")]
    [InlineData("{baseline", "{baseline")]
    public void Places_are_filled_inside_an_argument(string word, string filled)
    {
        ProcessSpec spec = new CommandComparer(["/bin/cmp", "{case}", word]).Prepare(s_case);
        Assert.Equal(["a", filled], spec.Arguments);
    }

    [Fact]
    public void A_file_named_like_a_place_is_not_filled_again()
    {
        ProcessSpec spec = new CommandComparer(["/bin/cmp", "{baseline}"]).Prepare(new TestCase("x", "/b/{case}", "/c/{case}"));
        Assert.Equal(["/b/{case}"], spec.Arguments);
    }

    [Fact]
    public void A_command_without_places_gets_both_paths() =>
        Assert.Equal(["-s", "/b/a", "/c/a"], new CommandComparer(["/bin/cmp", "-s"]).Prepare(s_case).Arguments);

    private static CaseResult Judge(ProcessReport report) => Verdict.Judge(s_case, report, mustReport: false);
}
