namespace Defragger.Measure;

/// <summary>Takes the samples of one process tree, and keeps what that costs below 1 % of a core.</summary>
/// <remarks>
/// Three things are done at a pace of their own, each with its part of the 1 %: looking for new processes, reading resident
/// memory, and reading proportional memory, which walks page tables. On a machine with thousands of processes, or for a
/// tree of hundreds, they happen less often; a sample says when it was taken.
/// Used by one thread.
/// </remarks>
internal sealed class TreeSampler : IDisposable
{
    private const double LookShare = 0.003, ReadShare = 0.004, ProportionalShare = 0.002; // 0.001 is left for all else
    private static readonly TimeSpan s_proportionalInterval = TimeSpan.FromSeconds(1);

    private readonly ProcessTree _tree;
    private readonly SystemGauge _system;
    private readonly Pace _look;
    private readonly Pace _read;
    private readonly Pace _proportional = new(s_proportionalInterval, ProportionalShare);
    private TimeSpan? _stalled;
    private TimeSpan _sampled;

    /// <param name="tree">The processes.</param>
    /// <param name="system">The machine.</param>
    /// <param name="interval">The time from one sample to the next, at least.</param>
    public TreeSampler(ProcessTree tree, SystemGauge system, TimeSpan interval)
    {
        (_tree, _system) = (tree, system);
        _look = new Pace(interval, LookShare);
        _read = new Pace(interval, ReadShare);
        _stalled = system.Stalled;
        // Everybody on the machine is asked for his parent, once: as the cost of a look, it would hold up the next for a second.
        IsAlive = tree.Look();
    }

    /// <summary>When the next sample is due.</summary>
    public TimeSpan Next => _read.Next;

    /// <summary>Whether the root of the tree lived at the last look.</summary>
    public bool IsAlive { get; private set; }

    /// <summary>Takes a sample; null while nothing is there to measure.</summary>
    /// <param name="now">Time since the measurement began.</param>
    /// <exception cref="IOException">The kernel's figures of the machine cannot be read.</exception>
    public TreeSample? Take(TimeSpan now)
    {
        if (_look.IsDue(now)) Spend(_look, now, () => IsAlive = _tree.Look());
        ResidentMemory memory = default;
        TreeSample? sample = null;
        Spend(_read, now, () =>
        {
            memory = _tree.Read();
            if (memory.Resident == 0) return; // not there yet, or ended: a zombie holds nothing
            sample = new TreeSample(now.TotalSeconds, _tree.Count, memory.Resident, memory.Anonymous,
                null, _system.Cgroup, _system.Available, Stall(now));
        });
        if (sample != null && _proportional.IsDue(now))
            Spend(_proportional, now, () => sample = sample with { Proportional = _tree.ReadProportional() });
        return sample;
    }

    public void Dispose()
    {
        _tree.Dispose();
        _system.Dispose();
    }

    private static void Spend(Pace pace, TimeSpan now, Action work)
    {
        TimeSpan before = ThreadClock.Now();
        work();
        pace.Done(now, ThreadClock.Now() - before);
    }

    private double? Stall(TimeSpan now)
    {
        TimeSpan? before = _stalled, passed = now - _sampled;
        (_stalled, _sampled) = (_system.Stalled, now);
        return _stalled - before is TimeSpan waited && passed > TimeSpan.Zero
            ? Math.Clamp(Math.Round(waited / passed.Value * 100, 2), 0, 100) : null;
    }
}
