using Defragger.Compare;

namespace Defragger.Runs;

/// <summary>What became of a case from one run to a later one.</summary>
public enum TrendKind
{
    /// <summary>It differs from its baseline, and did not before, as far as that run could tell.</summary>
    NewlyChanged,

    /// <summary>It could not be compared, and could be before.</summary>
    NewlyFailed,

    /// <summary>It passes, and did not before.</summary>
    Fixed,

    /// <summary>It differs from its baseline, as it did before.</summary>
    StillChanged,

    /// <summary>It could not be compared, as it could not before.</summary>
    StillFailed,

    /// <summary>The earlier run did not have it.</summary>
    Added,

    /// <summary>The later run does not have it.</summary>
    Removed,
}

/// <summary>A case that did not pass in both of two runs.</summary>
public sealed record CaseTrend
{
    /// <summary>The case.</summary>
    public required string Case { get; init; }

    /// <summary>What became of it.</summary>
    public required TrendKind Trend { get; init; }

    /// <summary>How it came out in the earlier run; null when that did not have it.</summary>
    public CaseStatus? Before { get; init; }

    /// <summary>How it came out in the later run; null when that does not have it.</summary>
    public CaseStatus? After { get; init; }

    /// <summary>The reason that the later run gave, or the earlier one for a case that is gone.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Tells the trend of a case; null when it passed both times.</summary>
    /// <param name="name">The case.</param>
    /// <param name="before">How it came out before; null for not at all.</param>
    /// <param name="after">How it came out later; null for not at all.</param>
    /// <param name="reason">Why.</param>
    internal static CaseTrend? Of(string name, CaseStatus? before, CaseStatus? after, string reason) =>
        Kind(before, after) is TrendKind kind
            ? new CaseTrend { Case = name, Trend = kind, Before = before, After = after, Reason = reason }
            : null;

    private static TrendKind? Kind(CaseStatus? before, CaseStatus? after)
    {
        if (before is not CaseStatus then) return TrendKind.Added;
        if (after is not CaseStatus now) return TrendKind.Removed;
        return StandingOf(now) switch
        {
            Standing.Passed => StandingOf(then) == Standing.Passed ? null : TrendKind.Fixed,
            Standing.Differs => StandingOf(then) == Standing.Differs ? TrendKind.StillChanged : TrendKind.NewlyChanged,
            _ => StandingOf(then) == Standing.NotCompared ? TrendKind.StillFailed : TrendKind.NewlyFailed,
        };
    }

    private enum Standing
    {
        Passed,
        Differs,
        NotCompared,
    }

    private static Standing StandingOf(CaseStatus status) => status switch
    {
        CaseStatus.Same or CaseStatus.Ignored => Standing.Passed,
        CaseStatus.Changed or CaseStatus.Added or CaseStatus.Removed => Standing.Differs,
        _ => Standing.NotCompared,
    };
}
