using Defragger.Comparers.Rules;
using Defragger.Reports;

namespace Defragger.Compare;

/// <summary>How a run goes, once its input has been checked.</summary>
internal sealed record RunOptions
{
    /// <summary>Compares one case.</summary>
    public required CaseComparer Comparer { get; init; }

    /// <summary>The most workers; at least 1.</summary>
    public required int ThrottleLimit { get; init; }

    /// <summary>How it is decided how many cases may start.</summary>
    public ThrottlePolicy Throttle { get; init; }

    /// <summary>How often a case that ran out of memory is tried again, 0 to 5.</summary>
    public int OomRetry { get; init; } = 2;

    /// <summary>Tiers that lower the workers; null for none, or with <see cref="ThrottlePolicy.Tiers"/> for those of the machine.</summary>
    public IReadOnlyList<MemoryTier>? Tiers { get; init; }

    /// <summary>Used memory from which one worker is left; null for none.</summary>
    public MemorySize? Budget { get; init; }

    /// <summary>Time limit of a case; null for none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Directories that links must not lead out of; none if they may.</summary>
    public IReadOnlyList<string> Within { get; init; } = [];

    /// <summary>Memory limit of a case, in bytes; null for none.</summary>
    public long? CaseMemoryLimit { get; init; }

    /// <summary>Reports to write when the run is over, however it ended.</summary>
    public IReadOnlyList<ReportFormat> Reports { get; init; } = [];

    /// <summary>PATTERN=BOUND of each tolerance that the comparer was given, for reports.</summary>
    public IReadOnlyList<string> Tolerances { get; init; } = [];

    /// <summary>The ignore rules that the comparer was given, for reports.</summary>
    public IReadOnlyList<IgnoreRule> IgnoreRules { get; init; } = [];

    /// <summary>Further runs of the baseline that the comparer was given, for reports.</summary>
    public IReadOnlyList<string> FurtherBaselines { get; init; } = [];

    /// <summary>The file of the ignore rules; null for none.</summary>
    public string? IgnoreRuleFile { get; init; }
}

/// <summary>How far a run has come: one moment, handed from the run to whoever shows it.</summary>
/// <param name="Done">Cases that ended.</param>
/// <param name="Total">Cases there will be, as far as it is known.</param>
/// <param name="Running">Cases running.</param>
/// <param name="Hold">What bounds the workers.</param>
/// <param name="Used">Used memory, in bytes.</param>
/// <param name="Capacity">The budget, or the machine's memory, in bytes.</param>
/// <param name="Remaining">Estimated time to the end; null while it cannot be told.</param>
internal sealed record RunProgress(
    long Done, long? Total, int Running, ThrottleDecision Hold, long Used, long Capacity, TimeSpan? Remaining);

/// <summary>Who is told what happens in a run. Called on the run's own thread.</summary>
internal interface IRunListener
{
    /// <summary>A case has ended, and stands in the journal.</summary>
    void Ended(CaseResult result);

    /// <summary>A decision that a person may want to follow.</summary>
    void Decided(string message);

    /// <summary>Something is not as it was asked for.</summary>
    void Warned(string message);

    /// <summary>The run has come further; at most once per tick.</summary>
    void Moved(RunProgress progress);
}
