namespace Defragger.Bench.Placement;

/// <summary>Best fit; of equally long runs the one with the lowest address.</summary>
internal sealed class BestFitLowest : CoalescingPlacement
{
    // Each length has a set of its own in the index; those beyond share classes and are sorted instead.
    private const int LastExact = SizeClasses.LastExact;

    private readonly ClassIndex _small = new();
    private readonly LargeRuns _large = new();

    protected override Run Find(long granules)
    {
        int exact = granules <= LastExact ? _small.FirstClass(SizeClasses.Of(granules)) : -1;
        return exact >= 0 ? Runs.StartingAt(_small.FirstRun(exact)) : _large.BestFit(granules);
    }

    protected override void Link(Run run)
    {
        if (run.Length <= LastExact) _small.Add(run);
        else _large.Add(run);
    }

    protected override void Unlink(Run run)
    {
        if (run.Length <= LastExact) _small.Remove(run);
        else _large.Remove(run);
    }
}
