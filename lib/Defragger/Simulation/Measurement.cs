namespace Defragger.Simulation;

/// <summary>Plays a trace through a policy by name, and tells what became of it.</summary>
internal static class Measurement
{
    /// <summary>Plays.</summary>
    /// <param name="trace">The machine and the work.</param>
    /// <param name="policy">One of <see cref="PolicyNames.All"/>.</param>
    /// <param name="seed">What the trace was made with; null for none.</param>
    /// <param name="watch">Gets what each tick shows; may be null.</param>
    /// <param name="stop">Ends the simulation early.</param>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public static ThrottleMeasurement Of(
        SimulatedTrace trace, string policy, int? seed, Action<SimulatedSample>? watch, CancellationToken stop)
    {
        SimulationOutcome outcome = Simulator.Play(trace, PolicyNames.Make(policy, trace), watch, stop);
        return new ThrottleMeasurement
        {
            Trace = trace.Name,
            Policy = PolicyNames.All.First(name => name.Equals(policy, StringComparison.OrdinalIgnoreCase)),
            Seed = seed,
            Cases = trace.Cases.Count,
            Ended = outcome.Ended,
            Makespan = TimeSpan.FromSeconds(outcome.Makespan),
            LowerBound = TimeSpan.FromSeconds(outcome.LowerBound),
            Ratio = outcome.Ratio,
            KernelKills = outcome.KernelKills,
            OwnKills = outcome.OwnKills,
            Lost = outcome.Lost,
            PeakMemory = outcome.Peak,
            Wasted = outcome.Wasted,
            CeilingChanges = outcome.CeilingChanges,
        };
    }
}
