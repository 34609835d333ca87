using Defragger.Admission;
using Defragger.Compare;
using Defragger.Gauges;

namespace Defragger.Simulation;

/// <summary>What all policies share that know nothing of a case: first come, first served, and tried again a few times.</summary>
internal abstract class ReactivePolicy(int tries) : ISimulatedPolicy
{
    private readonly LinkedList<int> _waiting = [];
    private readonly Dictionary<int, int> _failures = [];
    private readonly List<int> _running = []; // in order of their start

    public virtual int CeilingChanges => 0;

    /// <summary>The running cases, the youngest last.</summary>
    protected IReadOnlyList<int> Running => _running;

    public virtual void Enqueue(int id, SimulatedCase one, TimeSpan now) => _waiting.AddLast(id);

    public virtual void Observe(int id, long held)
    {
    }

    public abstract void Update(in SimulatedMoment moment);

    public int? Next(TimeSpan now)
    {
        if (_waiting.First is not LinkedListNode<int> first || !MayStart()) return null;
        _waiting.RemoveFirst();
        _running.Add(first.Value);
        return first.Value;
    }

    public virtual int? Victim(TimeSpan now) => null;

    public bool Ended(int id, CaseOutcome outcome, long peak, double duration, TimeSpan now)
    {
        _running.Remove(id);
        if (outcome == CaseOutcome.Completed) return true;
        int failures = _failures[id] = _failures.GetValueOrDefault(id) + 1;
        if (failures >= tries) return false;
        _waiting.AddLast(id);
        return true;
    }

    protected abstract bool MayStart();
}

/// <summary>So many at once, whatever the memory.</summary>
internal sealed class FixedPolicy(int workers) : ReactivePolicy(tries: 3)
{
    public override void Update(in SimulatedMoment moment)
    {
    }

    protected override bool MayStart() => Running.Count < workers;
}

/// <summary>Fewer at once from certain levels of used memory on: the throttle of real runs, with either signal.</summary>
/// <param name="cores">The most workers.</param>
/// <param name="memory">The machine's memory, in bytes.</param>
/// <param name="freeOnly">Page cache counts as used, as it does to those who look at MemFree.</param>
internal sealed class TierPolicy(int cores, long memory, bool freeOnly) : ReactivePolicy(tries: 3)
{
    private readonly Throttle _throttle = new(cores, MemoryTier.Default(cores), null, memory);
    private int _changes;

    public override int CeilingChanges => _changes;

    public override void Update(in SimulatedMoment moment)
    {
        int before = _throttle.Current.Limit;
        MemoryReading seen = freeOnly ? moment.Memory with { Available = moment.Memory.Available - moment.Cached } : moment.Memory;
        if (_throttle.Update(seen, moment.Now).Limit != before) _changes++;
    }

    protected override bool MayStart() => Running.Count < _throttle.Current.Limit;
}

/// <summary>GNU parallel --memfree: start while more than a size is free; below half of it kill the youngest and put it
/// back at the end, one each second; --retries 10.</summary>
internal sealed class MemfreePolicy(int cores, long size) : ReactivePolicy(tries: 10)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private long _free;
    private TimeSpan _nextKill;

    public override void Update(in SimulatedMoment moment) => _free = moment.Memory.Available;

    public override int? Victim(TimeSpan now)
    {
        if (_free >= size / 2 || now < _nextKill || Running.Count == 0) return null;
        _nextKill = now + s_pause;
        return Running[^1];
    }

    protected override bool MayStart() => Running.Count < cores && _free > size;
}
