namespace Defragger.Bench.Placement;

/// <summary>Fit by size class: nearly best fit, without an order of all runs by length.</summary>
/// <remarks>Up to 32 granules it is best fit, lowest address first. A longer request looks through its own class, where
/// only some runs are long enough, in at most <see cref="MostChunks"/> chunks of 8 KiB (a heap that keeps its bits by
/// such chunks reads one cache line for each), and then takes the lowest run of the next class that has one.</remarks>
internal sealed class ClassFit : CoalescingPlacement
{
    private const int Chunk = 8192 / IPlacement.Granule;
    private const int MostChunks = 4;

    private readonly ClassIndex _index = new();

    protected override Run Find(long granules)
    {
        int own = SizeClasses.Of(granules);
        if (granules <= SizeClasses.LastExact) return LowestFrom(own);
        Run run = FirstLongEnough(own, granules);
        return run.Exists ? run : LowestFrom(own + 1);
    }

    protected override void Link(Run run) => _index.Add(run);

    protected override void Unlink(Run run) => _index.Remove(run);

    private Run LowestFrom(int sizeClass)
    {
        int found = _index.FirstClass(sizeClass);
        return found < 0 ? Run.None : RunAt(_index.FirstRun(found));
    }

    private Run FirstLongEnough(int sizeClass, long granules)
    {
        long start = _index.FirstRun(sizeClass);
        for (int chunks = 0; start >= 0 && chunks < MostChunks; chunks++)
        {
            long chunkEnd = ((start / Chunk) + 1) * Chunk;
            for (; start >= 0 && start < chunkEnd; start = _index.FirstRun(sizeClass, start + 1))
            {
                Run run = Runs.StartingAt(start);
                if (run.Length >= granules) return run;
            }
        }
        return Run.None;
    }

    private Run RunAt(long start) => start < 0 ? Run.None : Runs.StartingAt(start);
}
