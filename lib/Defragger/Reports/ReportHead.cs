using System.Globalization;
using Defragger.Compare;
using Defragger.Runs;

namespace Defragger.Reports;

/// <summary>How much of its run a report tells.</summary>
internal enum ReportState
{
    /// <summary>An older journal, which does not say whether its run came to its end.</summary>
    Unknown,

    /// <summary>The run goes on; this is what it has done so far.</summary>
    Running,

    /// <summary>All of it.</summary>
    Completed,

    /// <summary>It was stopped before its end.</summary>
    Stopped,

    /// <summary>It could not go on, or was killed.</summary>
    Failed,
}

/// <summary>What is known of a whole run before its first case is written.</summary>
/// <param name="Header">The journal's first line.</param>
/// <param name="Record">What the run was asked; null for an older run.</param>
/// <param name="End">How it ended; null when that is not told.</param>
/// <param name="State">How much of the run this is.</param>
/// <param name="Summary">The sums over its cases, each counted once.</param>
/// <param name="Directory">Full path of the output directory.</param>
internal sealed record ReportHead(JournalHeader Header, RunRecord? Record, RunEnd? End, ReportState State, CompareSummary Summary, string Directory)
{
    private static readonly CultureInfo s_plain = CultureInfo.InvariantCulture;

    /// <summary>What is compared, in short: 'baseline against candidate'.</summary>
    public string Title => $"{Path.GetFileName(Header.Baseline)} against {Path.GetFileName(Header.Candidate)}";

    /// <summary>Cases that could not be compared.</summary>
    public long Failed => Of(CaseStatus.Error) + Of(CaseStatus.Timeout) + Of(CaseStatus.OutOfMemory) + Of(CaseStatus.DoesNotFit) + Of(CaseStatus.Cancelled);

    /// <summary>Cases that differ, those on one side only among them.</summary>
    public long Different => Of(CaseStatus.Changed) + Of(CaseStatus.Added) + Of(CaseStatus.Removed);

    /// <summary>The exit code that fits: 0 same or ignored, 1 differences, 2 some cases could not be compared, 3 no case.</summary>
    public int ExitCode => State is ReportState.Stopped or ReportState.Failed or ReportState.Running ? 2 : Summary.ExitCode;

    /// <summary>What the run came to, in one sentence.</summary>
    public string Verdict
    {
        get
        {
            long total = Summary.Total;
            if (total == 0) return "No case was compared.";
            string of = $"{Number(total)} {(total == 1 ? "case" : "cases")}";
            string different = $"{Number(Different)} of {of} {(Different == 1 ? "differs" : "differ")}";
            if (Failed > 0)
                return $"{Number(Failed)} of {of} could not be compared" + (Different > 0 ? $", {Number(Different)} {(Different == 1 ? "differs" : "differ")}." : ".");
            if (Different > 0) return different + ".";
            long ignored = Of(CaseStatus.Ignored);
            return ignored == 0 ? $"No difference in {of}." : $"No difference in {of} but {Number(ignored)} with ignored ones.";
        }
    }

    /// <summary>What is missing from the report; null when it is whole.</summary>
    public string? Incomplete => State switch
    {
        ReportState.Running => "The run goes on: this is what it has done so far.",
        ReportState.Stopped => "The run was stopped before its end: cases that did not start are not in this report.",
        ReportState.Failed => $"The run ended before its end ({Record?.Failure ?? "it was killed"}): cases that did not start are not in this report.",
        ReportState.Unknown => "The journal is of a version that did not note whether the run came to its end.",
        _ => null,
    };

    /// <summary>The statuses that occur with their counts, the worst first.</summary>
    public IEnumerable<(CaseStatus Status, long Count)> Counts =>
        BySeverity.Select(status => (status, Summary.Count(status))).Where(one => one.Item2 > 0);

    /// <summary>All statuses, the worst first: what a person looks at in this order.</summary>
    public static IReadOnlyList<CaseStatus> BySeverity { get; } =
    [
        CaseStatus.Error, CaseStatus.OutOfMemory, CaseStatus.DoesNotFit, CaseStatus.Timeout, CaseStatus.Cancelled,
        CaseStatus.Changed, CaseStatus.Added, CaseStatus.Removed, CaseStatus.Ignored, CaseStatus.Same,
    ];

    /// <summary>A status in words.</summary>
    public static string Words(CaseStatus status) => status switch
    {
        CaseStatus.OutOfMemory => "out of memory",
        CaseStatus.DoesNotFit => "does not fit",
        _ => status.ToString().ToLowerInvariant(),
    };

    /// <summary>A whole number with its thousands apart.</summary>
    public static string Number(long value) => value.ToString("N0", s_plain);

    private long Of(CaseStatus status) => Summary.Count(status);
}
