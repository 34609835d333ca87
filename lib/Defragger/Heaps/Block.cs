// What becomes of a block's granules: the verbs that CoalescingHeap.cs and HeapBatch.cs have in common.
using System.Runtime.CompilerServices;
using static Defragger.Heaps.GranuleMap;
using static Defragger.Heaps.Layout;

namespace Defragger.Heaps;

public sealed partial class CoalescingHeap
{
    private static long BytesOf(uint granules) => (long)granules << GranuleShift;

    /// <summary>Granules that a size takes; false when no arena has as many.</summary>
    private static bool GranulesFor(long size, out uint granules)
    {
        bool fits = (ulong)size <= (ulong)HeapOptions.CapacityMax; // a negative size is larger than any
        granules = size == 0 ? 1 : (uint)((size + (Granule - 1)) >> GranuleShift);
        return fits;
    }

    /// <summary>The block at an offset, or what is wrong with the offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private HeapStatus BlockAt(long offset, out GranuleSpan block)
    {
        block = default;
        if (offset % Granule != 0 || (ulong)offset >> GranuleShift >= _map.Limit) return HeapStatus.NotInHeap;
        uint start = (uint)(offset >> GranuleShift);
        if (!_map.IsStart(start)) return _map.IsFree(start) ? HeapStatus.AlreadyFree : HeapStatus.InsideBlock;
        if (_holds.IsHeld(start)) return HeapStatus.AlreadyFree;
        block = new GranuleSpan(start, _map.BlockEnd(start));
        return HeapStatus.Ok;
    }

    /// <summary>Takes free granules for blocks: from here on the bits say so, and the index does not yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SpanUse(GranuleSpan span)
    {
        _pages.PagesUse(span);
        _map.FreeFlip(span);
        _live += span.Length;
        if (_live > _liveMost) _liveMost = _live;
    }
}
