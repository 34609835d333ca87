using Defragger.Admission;
using Defragger.Gauges;

namespace Defragger.Simulation;

/// <summary>A way to decide which case starts when, as the simulator asks for it. Times are in seconds.</summary>
internal interface ISimulatedPolicy
{
    /// <summary>How often its ceiling has moved.</summary>
    int CeilingChanges { get; }

    /// <summary>A case waits.</summary>
    void Enqueue(int id, SimulatedCase one, TimeSpan now);

    /// <summary>What a running case holds now, in bytes.</summary>
    void Observe(int id, long held);

    /// <summary>What the machine has now. Comes at each tick, after the observations.</summary>
    void Update(in SimulatedMoment moment);

    /// <summary>The case to start now, which then runs; null for none.</summary>
    int? Next(TimeSpan now);

    /// <summary>A case to kill now; null for none.</summary>
    int? Victim(TimeSpan now);

    /// <summary>A case has ended. False when it ran out of memory and is given up; one that is to run again waits again.</summary>
    bool Ended(int id, CaseOutcome outcome, long peak, double duration, TimeSpan now);
}

/// <summary>The machine at one moment.</summary>
/// <param name="Now">The time since the run began.</param>
/// <param name="Memory">What can still be had: page cache does not count as used.</param>
/// <param name="Cached">Page cache, in bytes: what counts as used to those who look at free memory only.</param>
/// <param name="Pressure">PSI's "full avg10", in percent.</param>
internal readonly record struct SimulatedMoment(TimeSpan Now, MemoryReading Memory, long Cached, double Pressure);
