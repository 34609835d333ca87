namespace Defragger.Bench.Placement;

/// <summary>Best fit; of equally long runs the one that became free last, as a list without order gives it.</summary>
internal sealed class BestFitLifo : CoalescingPlacement
{
    private const int LastBin = 64;

    private readonly LifoBins _small = new(LastBin);
    private readonly LargeRuns _large = new();

    protected override Run Find(long granules)
    {
        Run small = granules <= LastBin ? _small.First((int)granules) : Run.None;
        return small.Exists ? small : _large.BestFit(granules);
    }

    protected override void Link(Run run)
    {
        if (run.Length <= LastBin) _small.Push(run);
        else _large.Add(run);
    }

    protected override void Unlink(Run run)
    {
        if (run.Length <= LastBin) _small.Remove(run);
        else _large.Remove(run);
    }
}
