namespace Defragger.Views;

/// <summary>A part of an arena, in bytes.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Length">How long it is.</param>
public readonly record struct HeapRange(long Offset, long Length)
{
    /// <summary>Where it ends.</summary>
    public long End => Offset + Length;
}

/// <summary>The counters of a heap. All but the counts are bytes.</summary>
/// <param name="Capacity">Of the arena.</param>
/// <param name="Committed">Of the arena, up to now.</param>
/// <param name="LiveBlocks">Count of blocks.</param>
/// <param name="Live">What blocks occupy.</param>
/// <param name="Free">Committed, not live and not held.</param>
/// <param name="FreeLeast">The least that free, held and not yet committed memory have been together.</param>
/// <param name="LargestFree">The longest free run.</param>
/// <param name="FreeRuns">Count of free runs.</param>
/// <param name="Victim">The free run that short requests are cut from; of length 0 when there is none.</param>
/// <param name="Pinned">Pages with a live granule.</param>
/// <param name="DirtyFree">Pages without a live granule, not purged: what a purge of all gives back.</param>
/// <param name="Held">Of held pages, what is not live.</param>
public readonly record struct HeapStatistics(
    long Capacity, long Committed, long LiveBlocks, long Live, long Free, long FreeLeast, long LargestFree, long FreeRuns,
    HeapRange Victim, long Pinned, long DirtyFree, long Held);
