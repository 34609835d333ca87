namespace Defragger.Bench.Placement;

/// <summary>Counts pages that have at least one granule of a block, seen at one place of a chain of placements: before
/// the cache the pages with live blocks, behind it those that could not be purged.</summary>
internal sealed class PageMeter(IPlacement heap) : IPlacement
{
    private int[] _blocksOn = new int[1024]; // blocks on each page
    private long _lastTouched = -1;

    /// <summary>Pages with a block now, and the most there were at once.</summary>
    public long Pinned { get; private set; }

    public long PinnedPeak { get; private set; }

    /// <summary>Pages up to the highest that ever had a block: what a heap keeps that never purges.</summary>
    public long Touched => _lastTouched + 1;

    public long Allocate(long granules)
    {
        long start = heap.Allocate(granules);
        (long first, long last) = PagesOf(start, granules);
        if (last >= _blocksOn.Length) Array.Resize(ref _blocksOn, checked((int)Math.Max(last + 1, 2L * _blocksOn.Length)));
        for (long page = first; page <= last; page++)
        {
            if (_blocksOn[page]++ == 0) Pinned++;
        }
        _lastTouched = Math.Max(_lastTouched, last);
        PinnedPeak = Math.Max(PinnedPeak, Pinned);
        return start;
    }

    public void Release(long start, long granules)
    {
        (long first, long last) = PagesOf(start, granules);
        for (long page = first; page <= last; page++)
        {
            if (--_blocksOn[page] == 0) Pinned--;
        }
        heap.Release(start, granules);
    }

    private static (long First, long Last) PagesOf(long start, long granules) =>
        (start / IPlacement.Page, (start + granules - 1) / IPlacement.Page);
}
