using Defragger.Admission;
using Defragger.Gauges;

namespace Defragger.Simulation;

/// <summary>Plays a trace through a policy: discrete events, no clock, no process.</summary>
/// <remarks>
/// Time goes from one event to the next: a case's end, or a tick of 250 ms at which memory is looked at, as in a real run.
/// When more is used than there is, the kernel kills the largest case at once. A case that the policy kills gives its memory
/// back a tick later. Page cache grows with the work until nothing is free. Always true: each case ends exactly once as
/// completed or lost.
/// </remarks>
internal sealed class Simulator
{
    private const double Tick = 0.25;

    // A run that takes this many times the lower bound is not watched to its end.
    private const double Patience = 12;

    // What a working case reads from disk, and so leaves in the page cache.
    private const double CachedPerSecond = 30L << 20;

    private readonly SimulatedTrace _trace;
    private readonly ISimulatedPolicy _policy;
    private readonly List<Running> _running = [];
    private readonly Action<SimulatedSample>? _watch;
    private readonly double _latest;
    private readonly int _cases;
    private double _now, _nextTick, _cached, _pressure, _wasted;
    private long _peak;
    private int _completed, _kernelKills, _ownKills, _lost;

    private sealed class Running(int id, double since, double end)
    {
        public int Id => id;

        public double Since => since;

        public double End => end;

        public long Held { get; set; }

        public bool Dying { get; set; }
    }

    private Simulator(SimulatedTrace trace, ISimulatedPolicy policy, Action<SimulatedSample>? watch)
    {
        (_trace, _policy, _watch) = (trace, policy, watch);
        _latest = trace.LowerBound * Patience;
        _cases = trace.Cases.Count;
    }

    /// <summary>Plays a trace through a policy.</summary>
    /// <param name="trace">The machine and the work.</param>
    /// <param name="policy">A fresh policy.</param>
    /// <param name="watch">Gets what each tick shows; may be null.</param>
    /// <param name="stop">Ends the simulation early.</param>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public static SimulationOutcome Play(
        SimulatedTrace trace, ISimulatedPolicy policy, Action<SimulatedSample>? watch = null, CancellationToken stop = default) =>
        new Simulator(trace, policy, watch).Play(stop);

    private SimulationOutcome Play(CancellationToken stop)
    {
        for (int id = 0; id < _cases; id++) _policy.Enqueue(id, _trace.Cases[id], TimeSpan.Zero);
        while (_completed + _lost < _cases && _now < _latest)
        {
            if (_now >= _nextTick)
            {
                stop.ThrowIfCancellationRequested();
                Look();
                _nextTick += Tick;
            }
            while (_policy.Next(Now) is int id) _running.Add(new Running(id, _now, _now + _trace.Cases[id].Duration));
            double next = _nextTick;
            foreach (Running one in _running) next = one.Dying ? next : Math.Min(next, one.End);
            _now = next;
            for (int i = _running.Count - 1; i >= 0; i--)
            {
                if (_running[i].End <= _now && !_running[i].Dying) End(_running[i], CaseOutcome.Completed);
            }
        }
        double work = _trace.Cases.Sum(one => one.Duration);
        return new SimulationOutcome(
            _completed + _lost == _cases, _now, _trace.LowerBound, _kernelKills, _ownKills, _lost, _peak, _wasted / work,
            _policy.CeilingChanges);
    }

    private TimeSpan Now => TimeSpan.FromSeconds(_now);

    /// <summary>What happens at a tick, in this order: killed cases are gone, memory grows, the kernel kills, the policy looks and kills.</summary>
    private void Look()
    {
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            if (_running[i].Dying) End(_running[i], CaseOutcome.Victim);
        }
        long foreign = _trace.Foreign.At(_now), used = foreign;
        foreach (Running one in _running)
        {
            one.Held = _trace.Cases[one.Id].Held(_now - one.Since);
            used += one.Held;
        }
        while (used > _trace.Memory && _running.Count > 0)
        {
            Running largest = _running.MaxBy(one => one.Held)!;
            used -= largest.Held;
            _kernelKills++;
            End(largest, CaseOutcome.OutOfMemory);
        }
        _peak = Math.Max(_peak, used);
        foreach (Running one in _running) _policy.Observe(one.Id, one.Held);
        long available = Math.Max(0, _trace.Memory - used);
        _cached = Math.Min(available, _cached + (CachedPerSecond * Tick * _running.Count));
        Press(available);
        _policy.Update(new SimulatedMoment(Now, new MemoryReading(_trace.Memory, available), (long)_cached, _pressure));
        while (_policy.Victim(Now) is int id)
        {
            _ownKills++;
            _running.Find(one => one.Id == id)!.Dying = true;
        }
        _watch?.Invoke(new SimulatedSample(_now, used, foreign, _running.Count));
    }

    /// <summary>Tasks stand still while less than a fiftieth of the memory is left, the more the less is left.</summary>
    private void Press(long available)
    {
        double still = Math.Clamp(1 - (available / (_trace.Memory * 0.02)), 0, 1);
        _pressure += (100 * still - _pressure) * (1 - Math.Exp(-Tick / 10));
    }

    private void End(Running one, CaseOutcome outcome)
    {
        _running.Remove(one);
        double ran = _now - one.Since;
        long peak = _trace.Cases[one.Id].Held(ran);
        bool settled = _policy.Ended(one.Id, outcome, peak, ran, Now);
        if (outcome == CaseOutcome.Completed) _completed++;
        else _wasted += ran;
        if (!settled) _lost++;
    }
}
