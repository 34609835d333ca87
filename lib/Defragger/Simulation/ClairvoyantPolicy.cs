using Defragger.Admission;

namespace Defragger.Simulation;

/// <summary>Knows what each case will need and what others will use, and starts the longest that fits. What it reaches says how much of
/// a distance to the lower bound is owed to not knowing.</summary>
internal sealed class ClairvoyantPolicy(SimulatedTrace trace) : ISimulatedPolicy
{
    private readonly SortedSet<(double Length, int Id)> _waiting = [];
    private readonly HashSet<int> _running = [];
    private long _free = trace.Memory - trace.Foreign.Base - trace.Foreign.Wave;

    public int CeilingChanges => 0;

    public void Enqueue(int id, SimulatedCase one, TimeSpan now) => _waiting.Add((-one.Duration, id));

    public void Observe(int id, long held)
    {
    }

    public void Update(in SimulatedMoment moment)
    {
    }

    public int? Next(TimeSpan now)
    {
        if (_running.Count == trace.Cores) return null;
        foreach ((double length, int id) in _waiting)
        {
            if (trace.Cases[id].Peak > _free && _running.Count > 0) continue;
            _waiting.Remove((length, id));
            _running.Add(id);
            _free -= trace.Cases[id].Peak;
            return id;
        }
        return null;
    }

    public int? Victim(TimeSpan now) => null;

    public bool Ended(int id, CaseOutcome outcome, long peak, double duration, TimeSpan now)
    {
        _running.Remove(id);
        _free += trace.Cases[id].Peak;
        return outcome == CaseOutcome.Completed;
    }
}
