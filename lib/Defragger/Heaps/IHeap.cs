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

    /// <summary>Allocates blocks of one size, as many as there is room for in <paramref name="offsets"/>: the same as
    /// <see cref="Allocate"/> with an alignment of 16 again and again, until one fails.</summary>
    /// <param name="size">Bytes of each; 0 counts as 1.</param>
    /// <param name="offsets">Where the blocks begin, in the order of those calls.</param>
    /// <param name="allocated">How many there are.</param>
    /// <returns>The status of the one that failed, or Ok.</returns>
    HeapStatus AllocateMany(long size, Span<long> offsets, out int allocated);

    /// <summary>Allocates the front of the victim, all of it or as much as <paramref name="most"/> bytes and its chunk
    /// (8 KiB) hold: what short requests would be cut from next, for a caller who cuts it up himself.</summary>
    /// <param name="most">Bytes that the block may occupy: at least 16.</param>
    /// <param name="range">The block; empty when there is none.</param>
    /// <returns>Ok; OutOfMemory: there is no victim; InvalidSize: there is, and not even 16 bytes were allowed.</returns>
    HeapStatus AllocateVictim(long most, out HeapRange range);

    /// <summary>Makes two blocks of one: the first of <paramref name="size"/> bytes, rounded up to granules, and behind it the
    /// second.</summary>
    /// <returns>Ok; what is wrong with the offset; InvalidSize: nothing would be left for the second.</returns>
    HeapStatus Split(long offset, long size);

    /// <summary>Frees the blocks at these offsets, which ascend: the same as <see cref="Release"/> of each in turn, until
    /// one fails.</summary>
    /// <param name="offsets">Where the blocks begin.</param>
    /// <param name="released">How many were released: all before the one that failed.</param>
    /// <returns>The status of the one that failed, or Ok.</returns>
    HeapStatus ReleaseMany(ReadOnlySpan<long> offsets, out int released);

    /// <summary>Frees the blocks that begin in some words of 64 granules, which ascend: the same as <see cref="Release"/> of
    /// each block in turn, and blocks that touch cost nothing each.</summary>
    /// <param name="words">Where the blocks begin.</param>
    /// <param name="released">How many words there were before one with something wrong, which stays as it is, like all
    /// behind it.</param>
    /// <returns>Ok; NotAscending; NotInHeap: an offset that is no multiple of 1,024, or a block beyond what is committed; else
    /// what is wrong with the first offset that is no block's.</returns>
    HeapStatus ReleaseStarts(ReadOnlySpan<BlockStarts> words, out int released);

    /// <summary>Makes a block smaller, or larger into the free memory behind it.</summary>
    HeapStatus Resize(long offset, long size);

    /// <summary>Bytes that a block occupies: its size, rounded up to granules of 16.</summary>
    HeapStatus UsableSize(long offset, out long size);

    /// <summary>Holds a page: nothing is placed on it, and no block grows into it, until it is restored. For those who keep
    /// a page's bytes elsewhere, several pages on one (<see cref="PlanMerges"/>). When its last live granule dies it
    /// stays held, and is in the purge plan: whoever gives it back and marks it purged has restored it, too.</summary>
    /// <param name="page">Its number, from the arena's start; a page has 4,096 bytes.</param>
    /// <returns>False, and nothing has changed: it is not committed as a whole, has no live granule, or is held.</returns>
    bool HoldPage(int page);

    /// <summary>What is held of a page is free again, and joins the free runs it touches. False: it was not held.</summary>
    bool RestorePage(int page);

    /// <summary>Whether a page is held.</summary>
    bool IsHeld(int page);

    /// <summary>Which granules of a page belong to blocks.</summary>
    PageBits PageLive(int page);

    /// <summary>Puts pages together whose live granules are disjoint, in groups of two at least. Changes nothing of the
    /// heap.</summary>
    /// <param name="pages">Pages that nobody writes to, ascending; those that are held, not committed as a whole or without
    /// a live granule get no group.</param>
    /// <param name="limits">How.</param>
    /// <param name="groupOf">The group of each page, from 0 on without a gap, or <see cref="MergePlan.NoGroup"/>; as long as
    /// the pages at least.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range, or there is no room for the
    /// groups.</exception>
    MergePlan PlanMerges(ReadOnlySpan<int> pages, MergeLimits limits, Span<int> groupOf);

    /// <summary>The purge plan: the highest range of dirty pages without a live granule that ends at or below
    /// <paramref name="below"/>, and of it the upper <paramref name="most"/> bytes.</summary>
    bool TryPurgeNext(long below, long most, out HeapRange range);

    /// <summary>For those who carry out the plan themselves: pages of a range of it have been given back, and what is still
    /// free of them reads as zeros; held ones are restored. Pages that have been taken meanwhile are left alone.</summary>
    void MarkPurged(HeapRange range);

    /// <summary>Carries out the plan for at most <paramref name="most"/> bytes; gives the bytes purged. Ranges that could
    /// not be given back stay in the plan and are not counted; it goes on below them.</summary>
    long Purge(long most);

    /// <summary>The counters.</summary>
    HeapStatistics Statistics { get; }

    /// <summary>Everything there is: items in address order, the free index in its own order, counters.</summary>
    HeapSnapshot Snapshot();

    /// <summary>Verifies every invariant: 0, or the number of the first that is broken.</summary>
    int Check();
}
