namespace Defragger.Bench.Placement;

/// <summary><see cref="ClassFit"/> with a designated victim, Doug Lea's idea: what the last split left is kept out of the
/// index and serves small requests that no run fits exactly, so that blocks asked for one after another lie so.</summary>
/// <remarks>
/// 1. The victim is a free run by place, so neighbours join it, and is in no class.
/// 2. There is at most one; the rest of another run's split takes its place, and the old one goes to the index.
/// </remarks>
internal sealed class ClassFitVictim : ClassFit
{
    private Run _victim;
    private bool _joinsVictim; // a block that is being released has absorbed the victim

    public override void Release(long start, long granules)
    {
        _joinsVictim = false;
        base.Release(start, granules);
        _joinsVictim = false; // the end may have taken both
    }

    protected override Run Find(long granules)
    {
        bool victimFits = _victim.Length >= granules;
        if (granules <= SizeClasses.LastExact)
        {
            Run exact = LowestExact(granules);
            return exact.Exists ? exact : victimFits ? _victim : base.Find(granules);
        }
        Run found = base.Find(granules);
        return victimFits && (!found.Exists || _victim.Length < found.Length) ? _victim : found;
    }

    protected override void Link(Run run)
    {
        if (_joinsVictim) _victim = run;
        else base.Link(run);
    }

    protected override void Unlink(Run run)
    {
        if (run == _victim)
        {
            _victim = Run.None;
            _joinsVictim = true;
        }
        else
        {
            base.Unlink(run);
        }
    }

    protected override void KeepRest(Run rest)
    {
        if (_victim.Exists) base.Link(_victim);
        _victim = rest;
    }
}
