namespace Defragger.Simulation;

/// <summary>What became of a trace under a policy.</summary>
/// <param name="Ended">False when it took so long that it was not watched to its end.</param>
/// <param name="Makespan">When the last case ended, in seconds.</param>
/// <param name="LowerBound">No policy can be done sooner, in seconds.</param>
/// <param name="KernelKills">Cases that the kernel killed.</param>
/// <param name="OwnKills">Cases that the policy killed.</param>
/// <param name="Lost">Cases that were given up.</param>
/// <param name="Peak">The most memory in use, others' included, in bytes.</param>
/// <param name="Wasted">The time of killed cases, as a share of all work.</param>
/// <param name="CeilingChanges">How often the policy's ceiling moved.</param>
internal sealed record SimulationOutcome(
    bool Ended, double Makespan, double LowerBound, int KernelKills, int OwnKills, int Lost, long Peak, double Wasted,
    int CeilingChanges)
{
    /// <summary>Makespan over the lower bound.</summary>
    public double Ratio => Makespan / LowerBound;
}

/// <summary>What a tick of a simulation shows.</summary>
/// <param name="Seconds">Since the run began.</param>
/// <param name="Used">All memory in use, in bytes.</param>
/// <param name="Foreign">What of it others use, in bytes.</param>
/// <param name="Running">How many cases run.</param>
internal readonly record struct SimulatedSample(double Seconds, long Used, long Foreign, int Running);
