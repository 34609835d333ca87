namespace Defragger.History;

/// <summary>What is known of one case under one comparer on one platform. Immutable.</summary>
/// <remarks>
/// 1. Samples are newest first, no two of one moment, at most ten.
/// 2. There is a sample or a lower bound.
/// </remarks>
public sealed record CaseHistory
{
    /// <summary>The case: its path below a run's directories.</summary>
    public required string Case { get; init; }

    /// <summary>The comparer with its version or its arguments.</summary>
    public required string Comparer { get; init; }

    /// <summary>System and processor.</summary>
    public required string Platform { get; init; }

    /// <summary>The last runs that ended well, newest first; at most ten.</summary>
    public IReadOnlyList<PeakSample> Samples { get; init; } = [];

    /// <summary>Bytes that the case held when it was last killed for want of memory: it needs more. Null when it was not,
    /// or when three runs have ended well since.</summary>
    public long? LowerBound { get; init; }

    /// <summary>When that was.</summary>
    public DateTimeOffset? LowerBoundAt { get; init; }

    /// <summary>Bytes that the next run is expected to hold.</summary>
    public long Need => PeakWindow.Need(Samples, LowerBound);

    /// <summary>How long the next run is expected to take; zero when no run has ended well.</summary>
    public TimeSpan Duration => PeakWindow.Duration(Samples);

    /// <summary>Runs that are kept.</summary>
    public int Runs => Samples.Count;

    /// <summary>When the newest of all this was learned.</summary>
    public DateTimeOffset Last =>
        Samples.Count > 0 && !(LowerBoundAt > Samples[0].Ended) ? Samples[0].Ended : LowerBoundAt.GetValueOrDefault();

    /// <summary>What is known once more has been learned. In any order, and twice the same, it comes to the same.</summary>
    internal CaseHistory With(bool outOfMemory, PeakSample learned)
    {
        PeakSample sample = learned.Kept();
        CaseHistory next = outOfMemory ? WithBound(sample) : this with
        {
            Samples = [.. Samples.Append(sample)
                .OrderByDescending(one => one.Ended).ThenByDescending(one => one.Peak)
                .DistinctBy(one => one.Ended)
                .Take(PeakWindow.Length)],
        };
        return next.LowerBoundAt is DateTimeOffset at && !PeakWindow.BoundHolds(next.Samples, at)
            ? next with { LowerBound = null, LowerBoundAt = null }
            : next;
    }

    // Of several kills the largest says most, whenever it was; its time is the newest's, for that is how long it holds.
    private CaseHistory WithBound(PeakSample killed) => this with
    {
        LowerBound = Math.Max(LowerBound ?? 0, killed.Peak),
        LowerBoundAt = LowerBoundAt > killed.Ended ? LowerBoundAt : killed.Ended,
    };
}
