// What can be seen of a heap: walk, index, statistics, and the purge plan with its execution.
using Defragger.Views;
using static Defragger.Heaps.BitSets;
using static Defragger.Heaps.GranuleMap;
using static Defragger.Heaps.Layout;

namespace Defragger.Heaps;

public sealed partial class CoalescingHeap
{
    // --- Items ---

    /// <summary>The item at <paramref name="from"/> (0, or the end of the item before); false at the end of what is
    /// committed.</summary>
    private bool Walk(long from, out HeapItem item)
    {
        item = default;
        if (from >> GranuleShift >= _map.Limit) return false;
        uint start = (uint)(from >> GranuleShift);
        bool held = _holds.IsHeld(start), live = _map.IsStart(start) && !held;
        if (!live && !held && !_map.IsFree(start)) return false;
        uint end = live ? _map.BlockEnd(start) : held ? _holds.HeldEnd(start) : _map.RunEnd(start);
        item = new HeapItem(from, BytesOf(end - start), live, held);
        return true;
    }

    private void ListExact(uint sizeClass, List<HeapRange> runs)
    {
        uint length = sizeClass + 1;
        for (uint word = _index.Exact.SetNext(sizeClass, 0);
             word != NoMember;
             word = _index.Exact.SetNext(sizeClass, word + 1))
            for (ulong found = _index.ExactRuns(word, length); found != 0; found &= found - 1)
                runs.Add(new HeapRange(BytesOf(GranuleAt(word, LowestBit(found))), BytesOf(length)));
    }

    private void ListInexact(uint sizeClass, List<HeapRange> runs)
    {
        uint set = sizeClass - SizeClass.Exact;
        for (uint chunk = _index.Inexact.SetNext(set, 0);
             chunk != NoMember;
             chunk = _index.Inexact.SetNext(set, chunk + 1))
            for (uint word = chunk * ChunkWords; word < (chunk + 1) * ChunkWords; word++)
                for (ulong starts = _map.RunStarts(word); starts != 0; starts &= starts - 1)
                {
                    uint start = GranuleAt(word, LowestBit(starts)), length = _map.RunLength(start);
                    if (SizeClass.Of(length) == sizeClass && start != _index.Victim.Start)
                        runs.Add(new HeapRange(BytesOf(start), BytesOf(length)));
                }
    }

    /// <summary>The free index (all free runs but the victim) in its own order, by size class, then by address.</summary>
    private List<HeapRange> Index()
    {
        var runs = new List<HeapRange>();
        for (uint each = _index.ClassNext(0); each < SizeClass.Count; each = _index.ClassNext(each + 1))
        {
            if (each < SizeClass.Exact) ListExact(each, runs);
            else ListInexact(each, runs);
        }
        return runs;
    }

    /// <inheritdoc/>
    public HeapSnapshot Snapshot()
    {
        var items = new List<HeapItem>();
        for (long from = 0; Walk(from, out HeapItem item); from = item.Offset + item.Length) items.Add(item);
        return new HeapSnapshot(items, Index(), Statistics);
    }

    // --- Statistics ---

    private uint LargestRun()
    {
        uint largest = _index.Victim.Length, last = SizeClass.Count;
        ReadOnlySpan<ulong> classes = _index.Classes;
        for (int word = classes.Length; --word >= 0 && last == SizeClass.Count;)
            if (classes[word] != 0) last = (uint)(word * 64 + HighestBit(classes[word]));
        if (last == SizeClass.Count) return largest;
        if (last < SizeClass.Exact) return Math.Max(largest, SizeClass.Least(last));
        uint set = last - SizeClass.Exact;
        for (uint chunk = _index.Inexact.SetNext(set, 0);
             chunk != NoMember;
             chunk = _index.Inexact.SetNext(set, chunk + 1))
            for (;;) // each round finds a longer run of this chunk, or none
            {
                GranuleSpan run = _index.RunFind(chunk, last, largest + 1);
                if (run.IsEmpty) break;
                largest = run.Length;
            }
        return largest;
    }

    /// <inheritdoc/>
    public HeapStatistics Statistics => new(
        Capacity: BytesOf(_capacity),
        Committed: BytesOf(_map.Limit),
        LiveBlocks: _liveBlocks,
        Live: BytesOf(_live),
        Free: BytesOf(_map.Limit - _live - _holds.GranuleCount),
        FreeLeast: BytesOf(_capacity - _liveMost),
        LargestFree: BytesOf(LargestRun()),
        FreeRuns: _placement.FreeRuns,
        Victim: _index.Victim.IsEmpty ? default : RangeOf(_index.Victim),
        Pinned: _pages.Pinned * Page,
        DirtyFree: _pages.DirtyFree * Page,
        Held: BytesOf(_holds.GranuleCount));

    private static HeapRange RangeOf(GranuleSpan span) => new(BytesOf(span.Start), BytesOf(span.Length));

    // --- Purging ---

    /// <summary>One above the highest page below <paramref name="end"/> that can be purged; 0: there is none.</summary>
    private uint PurgeableBelow(uint end)
    {
        uint chunk = (end + ChunkPages - 1) / ChunkPages;
        while ((chunk = _index.Inexact.SetLast(FreeIndex.SetPurge, chunk)) != NoMember)
        {
            uint begin = chunk * ChunkPages;
            for (uint page = Math.Min(begin + ChunkPages, end); page > begin; page--)
                if (_pages.IsPurgeable(page - 1)) return page;
        }
        return 0;
    }

    /// <inheritdoc/>
    public bool TryPurgeNext(long below, long most, out HeapRange range)
    {
        range = default;
        if (below < Page || most < Page) return false;
        uint end = PurgeableBelow((uint)(Math.Min(below, BytesOf(_map.Limit)) / Page));
        if (end == 0) return false;
        uint begin = end - 1;
        while (begin > 0 && (end - begin + 1) * Page <= most && _pages.IsPurgeable(begin - 1)) begin--;
        range = new HeapRange(begin * Page, (end - begin) * Page);
        return true;
    }

    /// <inheritdoc/>
    public void MarkPurged(HeapRange range)
    {
        ulong end = (ulong)BytesOf(_map.Limit), from = (ulong)range.Offset, length = (ulong)range.Length;
        if (from < end && length < end - from) end = from + length;
        for (ulong at = from; at < end; at += Page)
        {
            uint page = (uint)(at / Page);
            if (!_pages.IsPurgeable(page)) continue;
            _pages.PageClean(page);
            if (_holds.PageIsHeld(page)) _holds.PageRestore(page);
        }
    }

    private bool OutsidePurge(HeapRange range) => _outside == null || _outside.Purge(range.Offset, range.Length);

    /// <inheritdoc/>
    public long Purge(long most)
    {
        long purged = 0;
        for (HeapRange range = new(long.MaxValue, 0); TryPurgeNext(range.Offset, most - purged, out range);)
        {
            if (!OutsidePurge(range)) continue; // what lies below may do
            MarkPurged(range);
            purged += range.Length;
        }
        return purged;
    }
}
