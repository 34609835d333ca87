using System.Runtime.CompilerServices;
using static Defragger.Heaps.BitSets;
using static Defragger.Heaps.Layout;

namespace Defragger.Heaps;

/// <summary>The granules' bits, and where items begin and end. Bit g % 64 of word g / 64, in two arrays with a word of
/// zeros before the first and after the last. Each method looks at one chunk, and at one word of its neighbour.</summary>
/// <remarks>It owns the bits and the chunks' records, of as many chunks as are committed and at most as many again:
/// <see cref="Reserve"/> comes before <see cref="Limit"/> moves. In the arrays a word is one further on than its number
/// says: what C reads at -1 is at 0.</remarks>
internal sealed class GranuleMap
{
    /// <summary>The word of zeros before the first.</summary>
    private const uint Before = 1;

    /// <summary>Two bits a granule: a block starts here; it is free.</summary>
    private ulong[] _start = [], _free = [];
    private Chunk[] _chunks = [];

    /// <summary>Granules committed.</summary>
    internal uint Limit;

    /// <summary>Chunks there is room for.</summary>
    internal uint Chunks => (uint)_chunks.Length;

    /// <summary>Makes room for chunks, more than there is; what is there stays.</summary>
    internal void Reserve(uint chunks)
    {
        int words = (int)(Before + chunks * ChunkWords + 1);
        Array.Resize(ref _start, words);
        Array.Resize(ref _free, words);
        Array.Resize(ref _chunks, (int)chunks);
    }

    internal ref Chunk ChunkAt(uint chunk) => ref _chunks[chunk];

    /// <summary>All words with a granule's bit, and the word of zeros behind them, for reading.</summary>
    internal ReadOnlySpan<ulong> StartBits => _start.AsSpan((int)Before);

    internal ReadOnlySpan<ulong> FreeBits => _free.AsSpan((int)Before);

    /// <summary>The words of zeros before the first, of either kind.</summary>
    internal ulong BitsBefore => _start[Before - 1] | _free[Before - 1];

    internal static uint ChunkOf(uint granule) => granule / ChunkGranules;

    internal static uint WordOf(uint granule) => granule / WordGranules;

    internal static int BitOf(uint granule) => (int)(granule % WordGranules);

    internal static uint GranuleAt(uint word, int bit) => word * WordGranules + (uint)bit;

    /// <summary>The free bits of a word.</summary>
    internal ulong FreeAt(uint word) => _free[Before + word];

    /// <summary>The free bits of the word before, the word, and the word behind it.</summary>
    internal ReadOnlySpan<ulong> FreeAround(uint word) => _free.AsSpan((int)word, 3);

    /// <summary>The free bits of a page.</summary>
    internal ReadOnlySpan<ulong> FreeOfPage(uint page) => _free.AsSpan((int)(Before + page * PageWords), PageWords);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsStart(uint granule) => (_start[Before + WordOf(granule)] >> BitOf(granule) & 1) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsFree(uint granule) => (_free[Before + WordOf(granule)] >> BitOf(granule) & 1) != 0;

    /// <summary>Whether the granule before this one is free; false for the first of all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsFreeBefore(uint granule) => granule > 0 && IsFree(granule - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void StartSet(uint granule) => _start[Before + WordOf(granule)] |= 1UL << BitOf(granule);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void StartClear(uint granule) => _start[Before + WordOf(granule)] &= ~(1UL << BitOf(granule));

    /// <summary>Sets and clears start bits of a word.</summary>
    internal void StartsSet(uint word, ulong starts) => _start[Before + word] |= starts;

    internal void StartsClear(uint word, ulong starts) => _start[Before + word] &= ~starts;

    /// <summary>Turns the free bits of a span that is not empty and whose bits are all equal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void FreeFlip(GranuleSpan span)
    {
        ulong[] free = _free;
        uint word = Before + WordOf(span.Start), last = Before + WordOf(span.End - 1);
        ulong mask = ulong.MaxValue << BitOf(span.Start), tail = ulong.MaxValue >> (63 - BitOf(span.End - 1));
        if (word < last)
        {
            free[word] ^= mask;
            if (++word < last) free.AsSpan((int)word, (int)(last - word)).Fill(~free[word]); // a long span
            mask = ulong.MaxValue;
        }
        free[last] ^= mask & tail;
    }

    /// <summary>The end of an item that starts at <paramref name="start"/> and was not ended inside its chunk.</summary>
    private uint ItemEndBeyond(uint start)
    {
        uint chunk = ChunkOf(start), crossing = _chunks[chunk].Crossing;
        return crossing != 0 ? start + crossing : (chunk + 1) * ChunkGranules;
    }

    /// <summary>The end of the block that starts at <paramref name="start"/>: the next bit of either kind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint BlockEnd(uint start)
    {
        ulong[] starts = _start, free = _free;
        uint word = WordOf(start);
        ulong found = (starts[Before + word] | free[Before + word]) >> BitOf(start) >> 1;
        if (found != 0) return start + 1 + (uint)LowestBit(found);
        while (++word % ChunkWords != 0)
        {
            found = starts[Before + word] | free[Before + word];
            if (found != 0) return GranuleAt(word, LowestBit(found));
        }
        return ItemEndBeyond(start);
    }

    /// <summary>The end of the free run that starts at <paramref name="start"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint RunEnd(uint start)
    {
        ulong[] free = _free;
        uint word = WordOf(start);
        ulong found = ~free[Before + word] >> BitOf(start);
        if (found != 0) return start + (uint)LowestBit(found);
        while (++word % ChunkWords != 0)
        {
            found = ~free[Before + word];
            if (found != 0) return GranuleAt(word, LowestBit(found));
        }
        return ItemEndBeyond(start);
    }

    /// <summary>The start of the free run that ends at <paramref name="end"/>.</summary>
    internal uint RunStart(uint end)
    {
        ulong[] free = _free;
        uint word = WordOf(end - 1);
        ulong found = ~free[Before + word] << (63 - BitOf(end - 1));
        if (found != 0) return end - (uint)(63 - HighestBit(found));
        while (word-- % ChunkWords != 0)
        {
            found = ~free[Before + word];
            if (found != 0) return GranuleAt(word, HighestBit(found)) + 1;
        }
        uint begin = GranuleAt(word + 1, 0);
        return IsFreeBefore(begin) ? _chunks[ChunkOf(end - 1)].Entering : begin;
    }

    /// <summary>The granules of a word at which a free run starts.</summary>
    internal ulong RunStarts(uint word)
    {
        ReadOnlySpan<ulong> free = FreeAround(word);
        return free[1] & ~(free[1] << 1 | free[0] >> 63);
    }

    /// <summary>The length of the free run that starts at <paramref name="start"/>. Most runs end in the word where they
    /// start.</summary>
    internal uint RunLength(uint start)
    {
        ulong stop = ~FreeAt(WordOf(start)) >> BitOf(start);
        return stop != 0 ? (uint)LowestBit(stop) : RunEnd(start) - start;
    }

    /// <summary>Notes where an item that reaches over its chunk's end begins and ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void RunTag(GranuleSpan run)
    {
        uint first = ChunkOf(run.Start), last = ChunkOf(run.End - 1);
        if (first == last) return;
        _chunks[first].Crossing = run.Length;
        _chunks[last].Entering = run.Start;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void BlockTag(GranuleSpan block)
    {
        uint first = ChunkOf(block.Start);
        if (first != ChunkOf(block.End - 1)) _chunks[first].Crossing = block.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Untag(GranuleSpan item)
    {
        uint first = ChunkOf(item.Start);
        if (first != ChunkOf(item.End - 1)) _chunks[first].Crossing = 0;
    }
}
