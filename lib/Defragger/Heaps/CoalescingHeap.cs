using System.Runtime.CompilerServices;
using static Defragger.Heaps.GranuleMap;
using static Defragger.Heaps.Layout;
using static Defragger.Heaps.PageState;

namespace Defragger.Heaps;

/// <summary>The coalescing heap: header-free, bitmaps only, best fit by size class, lowest address first, with a
/// designated victim.</summary>
/// <remarks>
/// <para>Placement, the whole policy. The victim is one free run that is in no class: what was left of the last run that a
/// short request was cut from, so that blocks allocated one after the other lie side by side.</para>
/// <list type="number">
/// <item>A short request (n &lt;= 40 granules, no alignment) takes the lowest run of exactly its length; else the victim,
/// if it is long enough; else the lowest run of the smallest class above that has one.</item>
/// <item>A long one (or one with an alignment of a &gt; 1 granules, which looks for n + a - 1, so that any run found holds an
/// aligned place) first looks through its own class, where runs may be too short: from the lowest address up, in at most
/// four chunks, the first that fits; else the lowest run of the next class that has one. The victim is taken instead if
/// it is long enough and shorter than what was found. An exact class is not probed: all fit.</item>
/// <item>With nothing found, all of its own class is looked through; then the arena grows; then there is no memory.</item>
/// <item>A block is cut from the front of its run, at the first aligned granule. What is left behind it is the new victim
/// if the request was short or the run was the victim; else it stays in the index.</item>
/// <item>A freed block and the free runs it touches are one run: the victim if one of them was.</item>
/// <item>A page that is held cuts the runs that reach into it at its edges. What is left of the victim is the
/// victim.</item>
/// </list>
/// <para>Always true between two calls: the rules of <see cref="HeapCheck"/>, by number. Why this policy, and what each
/// operation costs: src/core/heap.h of the native project, the same heap in C. Operation by operation both answer alike,
/// and they ask the world the same questions in the same order.</para>
/// <para>Files, each a verb set over the one before: Layout, SizeClass, BitSet, GranuleMap, FreeIndex, PageState,
/// Placement, Holds, Block; this one is the control flow for a block, HeapBatch.cs for many, HeapHold.cs for pages,
/// HeapView.cs, HeapCheck.cs and Merging.cs read only (but for the purge). Unlike C, whose region is as large as the capacity and touched where it is used, the arrays
/// grow with what is committed.</para>
/// <para>The verbs of the short paths are inlined by attribute: measured, a pair of them takes 49 ns instead of 68.</para>
/// </remarks>
public sealed partial class CoalescingHeap : IHeap
{
    private readonly GranuleMap _map = new();
    private readonly FreeIndex _index;
    private readonly PageState _pages;
    private readonly Placement _placement;
    private readonly Holds _holds;
    private readonly IHeapOutside? _outside;

    /// <summary>Granules: of the arena, committed at a time.</summary>
    private readonly uint _capacity, _growth;

    private uint _live, _liveBlocks;

    /// <summary>The most granules live at once.</summary>
    private uint _liveMost;

    private CoalescingHeap(uint capacity, uint growth, IHeapOutside? outside)
    {
        _index = new FreeIndex(_map);
        _pages = new PageState(_map, _index);
        _placement = new Placement(_map, _index);
        _holds = new Holds(_map, _placement);
        _capacity = capacity;
        _growth = growth;
        _outside = outside;
        Reserve(1); // so that reading a heap without memory needs no special case
    }

    // --- The arrays: as long as what is committed needs, and at most twice that ---

    private static bool CapacityFits(long capacity) =>
        capacity is >= Granule and <= HeapOptions.CapacityMax && capacity % Granule == 0;

    private void Reserve(uint chunks)
    {
        if (chunks <= _map.Chunks) return;
        uint all = ChunkOf(_capacity - 1) + 1;
        uint room = Math.Min(all, Math.Max(chunks, 2 * _map.Chunks));
        _map.Reserve(room);
        _index.Reserve(room);
        _holds.Reserve(room);
    }

    // --- Growth ---

    private bool OutsideCommit(uint from, uint to) =>
        _outside == null || _outside.Commit(BytesOf(from), BytesOf(to - from));

    /// <summary>Moves the limit; the new granules join a free run before them.</summary>
    private bool HeapExtend(uint to)
    {
        GranuleSpan run = new(_map.Limit, to);
        if (!OutsideCommit(run.Start, run.End)) return false;
        Reserve(ChunkOf(to - 1) + 1);
        _index.Exact.SetsReach(WordOf(to - 1));
        _index.Inexact.SetsReach(ChunkOf(to - 1));
        if (to % ChunkGranules != 0) _map.StartSet(to); // only at the capacity: ends the last item of a partial chunk
        bool joins = _map.IsFreeBefore(run.Start);
        GranuleSpan left = new(joins ? _map.RunStart(run.Start) : run.Start, run.Start);
        _map.FreeFlip(run);
        _map.Limit = to;
        _placement.RunJoin(left, new GranuleSpan(to, to));
        return true;
    }

    /// <summary>Makes the last free run at least <paramref name="length"/> granules long; false when the arena or the
    /// world has no more.</summary>
    private bool HeapGrow(uint length)
    {
        uint limit = _map.Limit, room = _capacity - limit;
        uint begin = _map.IsFreeBefore(limit) ? _map.RunStart(limit) : limit;
        uint missing = length - (limit - begin); // the run at the end is too short, or it would have been chosen
        if (missing > room) return false;
        // The limit stays at whole chunks but at the very end: then nothing is ever partial but the last.
        ulong whole = ((ulong)missing + ChunkGranules - 1) & ~(ulong)(ChunkGranules - 1);
        uint wanted = whole < room ? (uint)whole : room;
        uint usual = Math.Min(_growth, room);
        return (usual > wanted && HeapExtend(limit + usual)) || HeapExtend(limit + wanted);
    }

    /// <summary>Makes a heap. Closing it is forgetting it.</summary>
    /// <param name="options">What it is made with.</param>
    /// <param name="heap">The heap; null unless the answer is Ok.</param>
    /// <returns>Ok; InvalidOptions; OutOfMemory when growth is 0 and Commit refuses.</returns>
    public static HeapStatus TryOpen(HeapOptions options, out CoalescingHeap? heap)
    {
        ArgumentNullException.ThrowIfNull(options);
        heap = null;
        long growth = options.Growth;
        if (!CapacityFits(options.Capacity) || growth is < 0 or > HeapOptions.CapacityMax)
            return HeapStatus.InvalidOptions;
        uint capacity = (uint)(options.Capacity >> GranuleShift);
        long chunks = (growth + (ChunkGranules * Granule - 1)) / (ChunkGranules * Granule);
        var opened = new CoalescingHeap(capacity, (uint)Math.Min(chunks * ChunkGranules, capacity), options.Outside);
        if (growth == 0 && !opened.HeapExtend(capacity)) return HeapStatus.OutOfMemory;
        heap = opened;
        return HeapStatus.Ok;
    }

    // --- Allocation ---

    /// <summary>Zeroes the dirty pages of a span.</summary>
    private void SpanZero(GranuleSpan span)
    {
        uint from = span.Start, to = span.Start; // dirty, and not zeroed yet
        for (uint page = PageOf(span.Start); page <= PageOf(span.End - 1); page++)
        {
            uint begin = page * PageGranules, end = begin + Math.Min(PageGranules, span.End - begin);
            bool dirty = _pages.IsDirty(page);
            if (dirty) to = end;
            if ((!dirty || to == span.End) && to > from) _outside?.Zero(BytesOf(from), BytesOf(to - from));
            if (!dirty) from = to = end;
        }
    }

    /// <summary>The run to cut from; the arena grows if need be. Nowhere: there is none.</summary>
    private GranuleSpan RunFor(uint length, bool isShort)
    {
        GranuleSpan run = isShort ? _placement.RunLowest(SizeClass.Of(length) + 1) : _placement.RunForLong(length);
        return run.IsEmpty && HeapGrow(length) ? new GranuleSpan(_map.RunStart(_map.Limit), _map.Limit) : run;
    }

    private HeapStatus Allocate(long size, long alignment, bool zeroed, out long offset)
    {
        offset = 0;
        if (!GranulesFor(size, out uint length)) return HeapStatus.InvalidSize;
        if (alignment <= 0 || (alignment & (alignment - 1)) != 0 || alignment > HeapOptions.CapacityMax)
            return HeapStatus.InvalidAlignment;
        uint step = alignment > Granule ? (uint)(alignment >> GranuleShift) : 1;
        bool isShort = length <= SizeClass.Exact && step == 1;
        GranuleSpan run = GranuleSpan.Nowhere, block = isShort ? _placement.CutShort(length) : GranuleSpan.Nowhere;
        if (block.IsEmpty)
        {
            ulong room = (ulong)length + step - 1;
            if (room <= _capacity) run = RunFor((uint)room, isShort);
            if (run.IsEmpty) return HeapStatus.OutOfMemory;
            uint start = (run.Start + step - 1) & ~(step - 1);
            block = new GranuleSpan(start, start + length);
        }
        if (zeroed) BlockZero(run, block, isShort);
        BlockMake(run, block, isShort);
        offset = BytesOf(block.Start);
        return HeapStatus.Ok;
    }

    /// <summary>Makes a block of free granules, cut from a run that is still in the index; empty: CutShort has cut it
    /// already.</summary>
    private void BlockMake(GranuleSpan run, GranuleSpan block, bool isShort)
    {
        SpanUse(block);
        if (!run.IsEmpty) _placement.RunCut(run, block, isShort);
        _map.StartSet(block.Start);
        _map.BlockTag(block);
        _liveBlocks++;
    }

    /// <summary>As SpanZero. What the world throws must not leave granules that are in no run and in no block.</summary>
    private void BlockZero(GranuleSpan run, GranuleSpan block, bool isShort)
    {
        try
        {
            SpanZero(block);
        }
        catch
        {
            BlockMake(run, block, isShort);
            Release(BytesOf(block.Start));
            throw;
        }
    }

    /// <inheritdoc/>
    public HeapStatus Allocate(long size, long alignment, out long offset) =>
        Allocate(size, alignment, false, out offset);

    /// <inheritdoc/>
    public HeapStatus AllocateZeroed(long size, out long offset) => Allocate(size, Granule, true, out offset);

    // --- Release, resize ---

    /// <summary>Frees granules that belong to no block any more: they join the runs on either side, but on held
    /// pages.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SpanFree(GranuleSpan span)
    {
        if (_holds.Touches(span))
        {
            SpanFreeParts(span);
            return;
        }
        _placement.SpanJoin(span);
        _pages.PagesLeave(span);
        _live -= span.Length;
    }

    /// <summary>Apart, so that what is there for heaps that hold pages does not make the short path of the others
    /// longer.</summary>
    private void SpanFreeParts(GranuleSpan span)
    {
        while (!span.IsEmpty)
        {
            GranuleSpan front = _holds.SpanFront(span, out bool held);
            if (held) SpanFreeHeld(front);
            else SpanFree(front);
            span = new GranuleSpan(front.End, span.End);
        }
    }

    /// <inheritdoc/>
    public HeapStatus Release(long offset)
    {
        HeapStatus status = BlockAt(offset, out GranuleSpan block);
        if (status != HeapStatus.Ok) return status;
        _map.Untag(block);
        _map.StartClear(block.Start);
        _liveBlocks--;
        SpanFree(block);
        return HeapStatus.Ok;
    }

    /// <summary>The free run behind a block, made longer if it is the last one and too short; empty: there is
    /// none.</summary>
    private GranuleSpan RunBehind(uint end, uint missing)
    {
        bool present = _map.IsFree(end);
        GranuleSpan run = new(end, present ? _map.RunEnd(end) : end);
        bool grows = run.End == _map.Limit && run.Length < missing && HeapGrow(missing);
        return grows ? new GranuleSpan(end, _map.Limit) : run;
    }

    /// <inheritdoc/>
    public HeapStatus Resize(long offset, long size)
    {
        HeapStatus status = BlockAt(offset, out GranuleSpan block);
        if (status != HeapStatus.Ok) return status;
        if (!GranulesFor(size, out uint length)) return HeapStatus.InvalidSize;
        uint had = block.Length;
        if (length < had)
        {
            GranuleSpan kept = new(block.Start, block.Start + length);
            _map.Untag(block);
            _map.BlockTag(kept);
            SpanFree(new GranuleSpan(kept.End, block.End));
        }
        else if (length > had)
        {
            GranuleSpan run = RunBehind(block.End, length - had);
            if (run.Length < length - had) return HeapStatus.NoRoom;
            GranuleSpan more = new(block.End, block.Start + length);
            SpanUse(more);
            _placement.RunCut(run, more, false);
            _map.Untag(block);
            _map.BlockTag(new GranuleSpan(block.Start, more.End));
        }
        return HeapStatus.Ok;
    }

    /// <inheritdoc/>
    public HeapStatus UsableSize(long offset, out long size)
    {
        HeapStatus status = BlockAt(offset, out GranuleSpan block);
        size = BytesOf(block.Length);
        return status;
    }
}
