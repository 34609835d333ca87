using Defragger.Engines;

namespace Defragger.Python.Suite;

/// <summary>One run of one test file under one Python.</summary>
/// <param name="Tests">Its tests in the order in which they ran.</param>
/// <param name="Failure">Why the file as a whole has failed, where no test tells it; else null.</param>
/// <param name="Cpu">Processor time, user and system, of the run and what it started.</param>
internal sealed record FileRun(IReadOnlyList<TestEntry> Tests, string? Failure, TimeSpan Cpu)
{
    private const int MaxTail = 2000;

    /// <summary>From how the process ended and what it reported.</summary>
    /// <param name="report">How it ended.</param>
    /// <param name="tests">Its tests; null when it wrote no report that can be read.</param>
    /// <param name="problem">Why there is none.</param>
    public static FileRun Of(ProcessReport report, IReadOnlyList<TestEntry>? tests, string? problem)
    {
        string? failure =
            report.StartError ?? (
            report.TimedOut ? $"ended after the time limit of the file{Tail(report)}"
            : report.Signal is { } signal ? $"ended by signal {signal}{Tail(report)}"
            : tests == null ? $"{problem}; exit code {report.ExitCode}{Tail(report)}"
            : report.ExitCode != 0 && tests.All(one => one.Outcome != TestOutcome.Failed) ? $"exit code {report.ExitCode}{Tail(report)}"
            : null);
        return new FileRun(tests ?? [], failure, report.UserTime + report.SystemTime);
    }

    // Python tells the reason at the end of either.
    private static string Tail(ProcessReport report)
    {
        string text = (report.StandardOutput.TrimEnd() + "\n" + report.StandardError.TrimEnd()).Trim();
        return text.Length == 0 ? "" : ": " + (text.Length <= MaxTail ? text : string.Concat("...", text.AsSpan(text.Length - MaxTail)));
    }
}
