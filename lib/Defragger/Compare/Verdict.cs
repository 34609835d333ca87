using Defragger.Engines;

namespace Defragger.Compare;

/// <summary>Turns how a comparer ended into the result of its case. Pure.</summary>
internal static class Verdict
{
    private const string PythonTraceback = "Traceback (most recent call last):";

    /// <summary>A case that only one side has: nothing is run.</summary>
    public static CaseResult OneSided(TestCase testCase) => Blank(testCase) with
    {
        Status = testCase.BaselinePath == null ? CaseStatus.Added : CaseStatus.Removed,
        Reason = testCase.BaselinePath == null ? "the baseline does not have it" : "the candidate does not have it",
    };

    /// <summary>A case that cannot be compared for a reason known before anything is run.</summary>
    public static CaseResult Failed(TestCase testCase, string reason) =>
        Blank(testCase) with { Status = CaseStatus.Error, Reason = reason };

    /// <summary>A case whose comparer has ended.</summary>
    /// <param name="testCase">The case.</param>
    /// <param name="report">How the comparer ended.</param>
    /// <param name="mustReport">A comparer that exits 0 or 1 without its JSON line has failed.</param>
    public static CaseResult Judge(TestCase testCase, ProcessReport report, bool mustReport)
    {
        (CaseStatus status, string reason, ComparerLine line) = Decide(report, mustReport);
        return Blank(testCase) with
        {
            Status = status,
            Reason = reason,
            New = line.New,
            Absent = line.Absent,
            Updated = line.Updated,
            Unchanged = line.Unchanged,
            Moved = line.Moved,
            Ignored = line.Ignored,
            Noise = line.Noise,
            Tolerated = line.Tolerated,
            IgnoredBy = line.IgnoredBy,
            Differences = line.Shown,
            ExitCode = report.ExitCode,
            Signal = report.Signal,
            Duration = report.Duration,
            CpuTime = report.UserTime + report.SystemTime,
            PeakMemory = report.PeakMemory,
            PeakSource = report.PeakSource,
            Attempts = 1,
        };
    }

    private static (CaseStatus, string, ComparerLine) Decide(ProcessReport report, bool mustReport)
    {
        if (report.Cancelled) return Ended(CaseStatus.Cancelled, "the run was stopped");
        if (report.StartError is string fault) return Ended(CaseStatus.Error, fault);
        if (report.TimedOut)
            return Ended(CaseStatus.Timeout, $"ended after {report.Duration.TotalSeconds:0.0} s, the time limit");
        if (report.OutOfMemory) return Ended(CaseStatus.OutOfMemory, "the kernel killed it for want of memory");
        if (report.Signal is int signal) return Ended(CaseStatus.Error, WithLastWords($"ended by {SignalName.Of(signal)}", report));
        return report.ExitCode is 0 or 1
            ? Read(report, mustReport)
            : Ended(CaseStatus.Error, WithLastWords($"the comparer exited with {report.ExitCode}", report));
    }

    private static (CaseStatus, string, ComparerLine) Read(ProcessReport report, bool mustReport)
    {
        CaseStatus status = report.ExitCode == 0 ? CaseStatus.Same : CaseStatus.Changed;

        // Python ends with 1, "changed", when an exception is not caught: a crash must not look like a comparison.
        if (report.ExitCode == 1 && report.StandardError.Contains(PythonTraceback, StringComparison.Ordinal))
            return Ended(CaseStatus.Error, WithLastWords("the comparer ended with an exception", report));
        try
        {
            ComparerLine? line = ComparerLine.Find(report.StandardOutput);
            if (line == null && mustReport)
                return Ended(CaseStatus.Error, WithLastWords($"the comparer exited with {report.ExitCode} but told no result", report));
            line ??= ComparerLine.Silent;
            if (status == CaseStatus.Same && (line.Ignored > 0 || line.Noise > 0)) status = CaseStatus.Ignored;
            return status != CaseStatus.Changed && line.Differences > 0
                ? Ended(CaseStatus.Error, $"the comparer contradicts itself: exit 0 (same), but {line.Differences} differences counted")
                : (status, line.Reason, line);
        }
        catch (FormatException e)
        {
            return Ended(CaseStatus.Error, e.Message);
        }
    }

    private static (CaseStatus, string, ComparerLine) Ended(CaseStatus status, string reason) =>
        (status, reason, ComparerLine.Silent);

    private static string WithLastWords(string what, ProcessReport report)
    {
        const int Longest = 200;
        string words = ComparerLine.LastLine(report.StandardError);
        if (words.Length == 0) return what;
        return $"{what}: {(words.Length > Longest ? words[..Longest] + "..." : words)}";
    }

    /// <summary>A result of which nothing is known yet but the case.</summary>
    public static CaseResult Blank(TestCase testCase) => new()
    {
        Case = testCase.Name,
        Status = CaseStatus.Error,
        BaselinePath = testCase.BaselinePath,
        CandidatePath = testCase.CandidatePath,
    };
}
