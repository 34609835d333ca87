namespace Defragger.Simulation;

/// <summary>One trace played through one policy: what <c>Measure-DefragThrottle</c> writes.</summary>
public sealed record ThrottleMeasurement
{
    /// <summary>The trace's name; <c>Replay</c> for cases that were handed in.</summary>
    public required string Trace { get; init; }

    /// <summary>The policy's name.</summary>
    public required string Policy { get; init; }

    /// <summary>The seed that the trace was made with; null for cases that were handed in.</summary>
    public int? Seed { get; init; }

    /// <summary>How many cases there are.</summary>
    public int Cases { get; init; }

    /// <summary>False when it took so long that it was not watched to its end; <see cref="Makespan"/> is then how long it was.</summary>
    public bool Ended { get; init; }

    /// <summary>When the last case ended.</summary>
    public TimeSpan Makespan { get; init; }

    /// <summary>No policy can be done sooner: cores' work, memory over time, longest case.</summary>
    public TimeSpan LowerBound { get; init; }

    /// <summary>Makespan over the lower bound.</summary>
    public double Ratio { get; init; }

    /// <summary>Cases that the kernel killed.</summary>
    public int KernelKills { get; init; }

    /// <summary>Cases that the policy killed.</summary>
    public int OwnKills { get; init; }

    /// <summary>Cases that were given up.</summary>
    public int Lost { get; init; }

    /// <summary>The most memory in use, others' included, in bytes.</summary>
    public long PeakMemory { get; init; }

    /// <summary>The time of killed cases, as a share of all work.</summary>
    public double Wasted { get; init; }

    /// <summary>How often the policy's ceiling moved.</summary>
    public int CeilingChanges { get; init; }
}
