using System.Text.Json.Serialization;
using Defragger.Admission;
using Defragger.Comparers.Differences;
using Defragger.Engines;

namespace Defragger.Compare;

/// <summary>How a case came out.</summary>
public enum CaseStatus
{
    /// <summary>No difference.</summary>
    Same,

    /// <summary>The two results differ.</summary>
    Changed,

    /// <summary>Only the candidate has the case. A missing baseline is never a pass.</summary>
    Added,

    /// <summary>Only the baseline has the case.</summary>
    Removed,

    /// <summary>The two differ only in what a rule or a tolerance lets differ, or in noise. Never told as <see cref="Same"/>.</summary>
    Ignored,

    /// <summary>The case could not be compared: the comparer failed, or a file could not be read.</summary>
    Error,

    /// <summary>The comparer ran longer than the time limit and was ended.</summary>
    Timeout,

    /// <summary>The comparer was killed for want of memory, by the kernel or by this run, as often as it was tried.</summary>
    OutOfMemory,

    /// <summary>The run was stopped while the case ran.</summary>
    Cancelled,

    /// <summary>It ran out of memory with nothing beside it, or needs more than there is: not on this machine.</summary>
    DoesNotFit,
}

/// <summary>How often an ignore rule covered a difference of a case.</summary>
/// <param name="Rule">The rule's place in its file, from 0.</param>
/// <param name="Count">Differences; at least 1.</param>
public sealed record IgnoreRuleHits(int Rule, long Count);

/// <summary>One compared case: what came out, and what it cost.</summary>
public sealed record CaseResult
{
    /// <summary>The case: its path below the run's directories.</summary>
    public required string Case { get; init; }

    /// <summary>How it came out.</summary>
    public required CaseStatus Status { get; init; }

    /// <summary>Why, in one sentence; empty when there is nothing to say.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Findings that only the candidate has; null when none were counted (equal bytes, binary files).</summary>
    public long? New { get; init; }

    /// <summary>Findings that only the baseline has; null when none were counted.</summary>
    public long? Absent { get; init; }

    /// <summary>Findings that both have in different form; null when none were counted.</summary>
    public long? Updated { get; init; }

    /// <summary>Findings that both have; null when none were counted.</summary>
    public long? Unchanged { get; init; }

    /// <summary>Findings that both have, on another line or in another file; null when none were counted.</summary>
    public long? Moved { get; init; }

    /// <summary>Differences that a rule or a tolerance covers, and that are counted nowhere else; null when none were
    /// counted.</summary>
    public long? Ignored { get; init; }

    /// <summary>Differences in places where runs of the baseline differ among themselves, and that are counted nowhere else; null
    /// for none.</summary>
    public long? Noise { get; init; }

    /// <summary>Values that differ within their tolerance, among <see cref="Ignored"/>; null for none.</summary>
    public long? Tolerated { get; init; }

    /// <summary>How often each ignore rule covered a difference; null for none.</summary>
    public IReadOnlyList<IgnoreRuleHits>? IgnoredBy { get; init; }

    /// <summary>The first differences of each kind, as many as -MaxDifference asks for; the counts are of all. Null for none.</summary>
    public IReadOnlyList<Difference>? Differences { get; init; }

    /// <summary>The baseline's file, or null when the baseline does not have the case.</summary>
    public string? BaselinePath { get; init; }

    /// <summary>The candidate's file, or null when the candidate does not have the case.</summary>
    public string? CandidatePath { get; init; }

    /// <summary>The comparer's exit code, or null when a signal ended it or none ran.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended the comparer, or null.</summary>
    public int? Signal { get; init; }

    /// <summary>Wall-clock time of the comparer.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Processor time of the comparer and the children it waited for, user and kernel, of all attempts.</summary>
    public TimeSpan CpuTime { get; init; }

    /// <summary>The most memory that the comparer held, in bytes.</summary>
    public long PeakMemory { get; init; }

    /// <summary>How <see cref="PeakMemory"/> was measured.</summary>
    public PeakSource PeakSource { get; init; }

    /// <summary>What kept the case from starting when its turn had come.</summary>
    public HoldReason HeldBy { get; init; }

    /// <summary>Seconds that the case was next in line and held.</summary>
    public double WaitSeconds { get; init; }

    /// <summary>Bytes that the case was expected to need; 0 when nothing was predicted.</summary>
    public long Predicted { get; init; }

    /// <summary>What that was predicted from, or null when nothing was predicted.</summary>
    public PredictionSource? PredictedFrom { get; init; }

    /// <summary>Bytes that were set aside for it when it was started the last time.</summary>
    public long Reserved { get; init; }

    /// <summary>How often the comparer was started for it; 0 when no comparison was needed.</summary>
    public int Attempts { get; init; }

    /// <summary>When the case ended.</summary>
    public DateTimeOffset Ended { get; init; }

    /// <summary>The file with what a failed comparer printed, or null when it printed nothing.</summary>
    public string? LogPath { get; init; }

    /// <summary>Taken over from the journal of an earlier run with the same inputs.</summary>
    public bool Resumed { get; init; }

    /// <summary>Full path of the output directory of its run, or null when it is of none.</summary>
    /// <remarks>Not in the journal, which lies in that directory and may be moved with it.</remarks>
    [JsonIgnore]
    public string? OutputDirectory { get; init; }

    /// <summary>True when the case was compared, or exists on one side only.</summary>
    internal bool Decided => Status <= CaseStatus.Ignored;
}
