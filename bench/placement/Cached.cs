namespace Defragger.Bench.Placement;

/// <summary>A stack of released blocks for each small length in front of a policy, as a thread's cache is. A block that
/// finds its stack full goes to the policy.</summary>
internal sealed class Cached(IPlacement heap) : IPlacement
{
    private const int LastLength = SizeClasses.LastExact;
    private const int Depth = 32;

    private readonly long[] _blocks = new long[(LastLength + 1) * Depth];
    private readonly int[] _counts = new int[LastLength + 1];

    public long Allocate(long granules) => granules <= LastLength && _counts[granules] > 0
        ? _blocks[(granules * Depth) + --_counts[granules]]
        : heap.Allocate(granules);

    public void Release(long start, long granules)
    {
        if (granules <= LastLength && _counts[granules] < Depth) _blocks[(granules * Depth) + _counts[granules]++] = start;
        else heap.Release(start, granules);
    }
}
