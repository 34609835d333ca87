using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Defragger.Heaps;

namespace Defragger.Tests.Heaps;

/// <summary>The metadata of a heap, to be damaged: for tests of the checker. The heap keeps its parts to itself, and
/// nothing in the product needs them from outside; so the way in is here.</summary>
internal sealed class HeapParts(CoalescingHeap heap)
{
    internal CoalescingHeap Heap { get; } = heap;

    internal GranuleMap Map { get; } = MapOf(heap);

    internal FreeIndex Index { get; } = IndexOf(heap);

    internal PageState Pages { get; } = PagesOf(heap);

    internal Placement Placement { get; } = PlacementOf(heap);

    internal Holds Holds { get; } = HoldsOf(heap);

    internal ref uint Capacity => ref CapacityOf(Heap);

    internal ref uint Live => ref LiveOf(Heap);

    internal ref uint LiveBlocks => ref LiveBlocksOf(Heap);

    internal ref uint LiveMost => ref LiveMostOf(Heap);

    /// <summary>A bit of a set at a level.</summary>
    internal static void Flip(BitSets sets, int level, uint set, uint at) =>
        Unsafe.AsRef(in sets.SetWord(level, set, at / 64)) ^= 1UL << (int)(at % 64);

    internal static void Flip(Span<ulong> words, uint at) => words[(int)(at / 64)] ^= 1UL << (int)(at % 64);

    internal void FlipStart(uint granule)
    {
        if (Map.IsStart(granule)) Map.StartClear(granule);
        else Map.StartSet(granule);
    }

    internal void FlipFree(uint granule) => Map.FreeFlip(new GranuleSpan(granule, granule + 1));

    /// <summary>The last bit of the word before the first, of the start bits or of the free bits.</summary>
    internal void FlipStartBefore() => Flip(StartOf(Map), 63);

    internal void FlipFreeBefore() => Flip(FreeOf(Map), 63);

    /// <summary>Whether a run of a length, of an exact class, starts in a word.</summary>
    internal void FlipExact(uint length, uint word) => Flip(Index.Exact, 0, SizeClass.Of(length), word);

    internal void FlipInexact(uint sizeClass, uint chunk) =>
        Flip(Index.Inexact, 0, sizeClass - SizeClass.Exact, chunk);

    internal void FlipPurge(uint chunk) => Flip(Index.Inexact, 0, FreeIndex.SetPurge, chunk);

    internal void FlipClass(uint sizeClass) => Flip(Writable(Index.Classes), sizeClass);

    /// <summary>A bit of the number of runs of an inexact class that a chunk counts.</summary>
    internal void FlipCount(uint chunk, uint sizeClass, int bit)
    {
        uint place = sizeClass - SizeClass.Exact;
        Map.ChunkAt(chunk).Counts[(int)(place / 2)] ^= (byte)(1 << (int)(place % 2 * 4) + bit);
    }

    internal void FlipHeldPage(uint page) => Flip(HeldPagesOf(Holds), page);

    internal void FlipHeld(uint granule) => Flip(HeldGranulesOf(Holds), granule);

    internal void SetVictim(uint start, uint end) => Index.Victim = new GranuleSpan(start, end);

    internal void SetPinned(uint pages) => SetPinned(Pages, pages);

    internal void SetDirtyFree(uint pages) => SetDirtyFree(Pages, pages);

    private static Span<ulong> Writable(ReadOnlySpan<ulong> words) =>
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(words), words.Length);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_map")]
    private static extern ref GranuleMap MapOf(CoalescingHeap heap);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_index")]
    private static extern ref FreeIndex IndexOf(CoalescingHeap heap);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_pages")]
    private static extern ref PageState PagesOf(CoalescingHeap heap);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_placement")]
    private static extern ref Placement PlacementOf(CoalescingHeap heap);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_holds")]
    private static extern ref Holds HoldsOf(CoalescingHeap heap);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_pages")]
    private static extern ref ulong[] HeldPagesOf(Holds holds);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_granules")]
    private static extern ref ulong[] HeldGranulesOf(Holds holds);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_capacity")]
    private static extern ref uint CapacityOf(CoalescingHeap heap);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_live")]
    private static extern ref uint LiveOf(CoalescingHeap heap);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_liveBlocks")]
    private static extern ref uint LiveBlocksOf(CoalescingHeap heap);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_liveMost")]
    private static extern ref uint LiveMostOf(CoalescingHeap heap);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_start")]
    private static extern ref ulong[] StartOf(GranuleMap map);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_free")]
    private static extern ref ulong[] FreeOf(GranuleMap map);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_Pinned")]
    private static extern void SetPinned(PageState pages, uint value);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_DirtyFree")]
    private static extern void SetDirtyFree(PageState pages, uint value);
}
