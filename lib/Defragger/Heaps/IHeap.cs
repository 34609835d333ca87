using Defragger.Views;

namespace Defragger.Heaps;

/// <summary>A heap that hands out blocks of an arena which it never touches: all places are byte offsets in the arena.</summary>
/// <remarks>Three heaps speak it and answer alike, operation by operation: <c>CoalescingHeap</c>, the same in C
/// behind <c>NativeHeap</c>, and the plain model of the tests. One thread at a time.</remarks>
public interface IHeap
{
    /// <summary>Allocates a block.</summary>
    /// <param name="size">Bytes; 0 counts as 1.</param>
    /// <param name="alignment">A power of two; less than 16 counts as 16.</param>
    /// <param name="offset">Where the block begins; 0 when there is none.</param>
    HeapStatus Allocate(long size, long alignment, out long offset);

    /// <summary>Allocates a block that reads as zeros.</summary>
    /// <param name="size">Bytes; 0 counts as 1.</param>
    /// <param name="offset">Where the block begins; 0 when there is none.</param>
    HeapStatus AllocateZeroed(long size, out long offset);

    /// <summary>Frees the block at an offset; it joins free neighbours.</summary>
    HeapStatus Release(long offset);

    /// <summary>Makes a block smaller, or larger into the free memory behind it.</summary>
    HeapStatus Resize(long offset, long size);

    /// <summary>Bytes that a block occupies: its size, rounded up to granules of 16.</summary>
    HeapStatus UsableSize(long offset, out long size);

    /// <summary>The purge plan: the highest range of dirty pages without a live granule that ends at or below
    /// <paramref name="below"/>, and of it the upper <paramref name="most"/> bytes.</summary>
    bool TryPurgeNext(long below, long most, out HeapRange range);

    /// <summary>Carries out the plan for at most <paramref name="most"/> bytes; gives the bytes purged.</summary>
    long Purge(long most);

    /// <summary>The counters.</summary>
    HeapStatistics Statistics { get; }

    /// <summary>Everything there is: items in address order, the free index in its own order, counters.</summary>
    HeapSnapshot Snapshot();

    /// <summary>Verifies every invariant: 0, or the number of the first that is broken.</summary>
    int Check();
}
