using Defragger.Compare;

namespace Defragger.Runs;

/// <summary>How far a run came.</summary>
public enum RunState
{
    /// <summary>Every case has its result.</summary>
    Complete,

    /// <summary>It was stopped by whoever ran it; -Resume goes on with it.</summary>
    Stopped,

    /// <summary>It goes on now.</summary>
    Running,

    /// <summary>Its end is not told: it was killed, or is of a version that told no end.</summary>
    Interrupted,
}

/// <summary>A run that left a journal.</summary>
public sealed record EarlierRun
{
    /// <summary>Full path of the run's output directory.</summary>
    public required string Path { get; init; }

    /// <summary>Full path of the baseline's directory.</summary>
    public required string Baseline { get; init; }

    /// <summary>Full path of the candidate's directory.</summary>
    public required string Candidate { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended, or when its last case ended as far as the journal tells; null before the first case.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Wall-clock time: of all parts of a run that was gone on with; up to the last case when no end is told.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>How far it came.</summary>
    public required RunState State { get; init; }

    /// <summary>What it came to: 0 all same or ignored, 1 differences, 2 some cases could not be compared or it was stopped;
    /// null while no end is told.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Cases by how they came out; those that did not occur are left out.</summary>
    public required IReadOnlyDictionary<CaseStatus, long> Cases { get; init; }

    /// <summary>Cases that ended.</summary>
    public long Total => Cases.Values.Sum();

    /// <summary>Cases without a difference.</summary>
    public long Same => Count(CaseStatus.Same);

    /// <summary>Cases with differences.</summary>
    public long Changed => Count(CaseStatus.Changed);

    /// <summary>Cases that only the candidate has.</summary>
    public long Added => Count(CaseStatus.Added);

    /// <summary>Cases that only the baseline has.</summary>
    public long Removed => Count(CaseStatus.Removed);

    /// <summary>Cases with nothing but differences that a rule or a tolerance covers.</summary>
    public long Ignored => Count(CaseStatus.Ignored);

    /// <summary>Cases that could not be compared, whatever the reason.</summary>
    public long NotCompared => Total - Same - Changed - Added - Removed - Ignored;

    private long Count(CaseStatus status) => Cases.GetValueOrDefault(status);
}
