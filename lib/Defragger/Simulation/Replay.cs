using Defragger.Admission;

namespace Defragger.Simulation;

/// <summary>A trace of cases that really ran: their peaks and times, as a journal or a history has them.</summary>
/// <remarks>How memory went is not recorded. It is taken to rise evenly over the first half of a case's life and to stay.</remarks>
internal static class Replay
{
    /// <summary>What such a trace is called.</summary>
    public const string Name = "Replay";

    /// <summary>A case that ran.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The peak or the duration is not above 0.</exception>
    public static SimulatedCase Case(string name, long peak, TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(peak, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        return new SimulatedCase(name, peak, duration.TotalSeconds, 0, 0.5, new PeakRecord(name, peak, duration));
    }

    /// <summary>A machine on which nothing else runs, with those cases to do again.</summary>
    public static SimulatedTrace Trace(IReadOnlyList<SimulatedCase> cases, int cores, long memory) =>
        new(Name, cores, memory, cases, new ForeignLoad(0));
}
