namespace Defragger.Bench.Placement;

/// <summary>What the policies over free runs have in common: blocks are carved from the front of a run, and a released
/// block joins its free neighbours at once.</summary>
/// <remarks>
/// 1. Every granule below the end is in a block or in one free run; free runs do not touch each other.
/// 2. No free run touches the end: behind it all is free, and it is used only when no run fits.
/// 3. A policy says how the runs are indexed (<see cref="Link"/>, <see cref="Unlink"/>) and which one is taken
///    (<see cref="Find"/>).
/// </remarks>
internal abstract class CoalescingPlacement : IPlacement
{
    private long _end;

    /// <summary>The free runs by place.</summary>
    protected RunMap Runs { get; } = new();

    public long Allocate(long granules)
    {
        Run run = Find(granules);
        if (!run.Exists)
        {
            _end += granules;
            return _end - granules;
        }
        Runs.Remove(run);
        Unlink(run);
        var rest = new Run(run.Start + granules, run.Length - granules);
        if (rest.Exists)
        {
            Runs.Add(rest);
            Link(rest);
        }
        return run.Start;
    }

    public void Release(long start, long granules)
    {
        Run before = Absorb(Runs.EndingAt(start));
        Run after = Absorb(Runs.StartingAt(start + granules));
        var joined = new Run(start - before.Length, before.Length + granules + after.Length);
        if (joined.End == _end)
        {
            _end = joined.Start;
            return;
        }
        Runs.Add(joined);
        Link(joined);
    }

    /// <summary>The run for a block of this length; none when no run fits.</summary>
    protected abstract Run Find(long granules);

    /// <summary>A run has become free.</summary>
    protected abstract void Link(Run run);

    /// <summary>A run is not free any more, or part of a longer one.</summary>
    protected abstract void Unlink(Run run);

    private Run Absorb(Run run)
    {
        if (!run.Exists) return run;
        Runs.Remove(run);
        Unlink(run);
        return run;
    }
}
