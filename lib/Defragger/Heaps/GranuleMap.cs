using System.Numerics;
using System.Runtime.CompilerServices;
using static Defragger.Heaps.Layout;

namespace Defragger.Heaps;

/// <summary>The granules' bits, and where items begin and end. Each method looks at one chunk, and at one word of its
/// neighbour.</summary>
/// <remarks>It owns the chunks' bits and records, as many as are committed and at most as many again:
/// <see cref="Reserve"/> comes before <see cref="Limit"/> moves.</remarks>
internal sealed class GranuleMap
{
    private ChunkBits[] _bits = [];
    private Chunk[] _chunks = [];

    /// <summary>Granules committed.</summary>
    internal uint Limit;

    /// <summary>Chunks there is room for.</summary>
    internal uint Chunks => (uint)_chunks.Length;

    /// <summary>Makes room for chunks, more than there is; what is there stays.</summary>
    internal void Reserve(uint chunks)
    {
        Array.Resize(ref _bits, (int)chunks);
        Array.Resize(ref _chunks, (int)chunks);
    }

    internal ref Chunk ChunkAt(uint chunk) => ref _chunks[chunk];

    internal ref ChunkBits BitsAt(uint chunk) => ref _bits[chunk];

    internal static uint ChunkOf(uint granule) => granule >> ChunkShift;

    internal static int WordOf(uint granule) => (int)(granule / WordGranules % ChunkWords);

    internal static int BitOf(uint granule) => (int)(granule % WordGranules);

    internal static uint GranuleAt(uint chunk, int word, int bit) =>
        (chunk << ChunkShift) + (uint)word * WordGranules + (uint)bit;

    internal static int LowestBit(ulong word) => BitOperations.TrailingZeroCount(word);

    internal static int HighestBit(ulong word) => BitOperations.Log2(word);

    internal bool IsStart(uint granule) => (_bits[ChunkOf(granule)].Start[WordOf(granule)] >> BitOf(granule) & 1) != 0;

    internal bool IsFree(uint granule) => (_bits[ChunkOf(granule)].Free[WordOf(granule)] >> BitOf(granule) & 1) != 0;

    internal void StartSet(uint granule) => _bits[ChunkOf(granule)].Start[WordOf(granule)] |= 1UL << BitOf(granule);

    internal void StartClear(uint granule) =>
        _bits[ChunkOf(granule)].Start[WordOf(granule)] &= ~(1UL << BitOf(granule));

    /// <summary>Sets or clears the free bits of a span that is not empty.</summary>
    internal void FreeWrite(GranuleSpan span, bool free)
    {
        uint first = span.Start / WordGranules, last = (span.End - 1) / WordGranules;
        ulong head = ulong.MaxValue << BitOf(span.Start), tail = ulong.MaxValue >> (63 - BitOf(span.End - 1));
        for (uint word = first; word <= last; word++)
        {
            ulong mask = (word == first ? head : ulong.MaxValue) & (word == last ? tail : ulong.MaxValue);
            ref ulong bits = ref _bits[word / ChunkWords].Free[(int)(word % ChunkWords)];
            bits = free ? bits | mask : bits & ~mask;
        }
    }

    /// <summary>The end of an item that starts at <paramref name="start"/> and was not ended inside its chunk.</summary>
    private uint ItemEndBeyond(uint start)
    {
        uint chunk = ChunkOf(start), crossing = _chunks[chunk].Crossing;
        return crossing != 0 ? start + crossing : GranuleAt(chunk + 1, 0, 0);
    }

    /// <summary>The end of the block that starts at <paramref name="start"/>: the next bit of either kind.</summary>
    internal uint BlockEnd(uint start)
    {
        uint chunk = ChunkOf(start);
        int word = WordOf(start);
        ref ChunkBits bits = ref _bits[chunk];
        ulong found = (bits.Start[word] | bits.Free[word]) >> BitOf(start) >> 1;
        if (found != 0) return start + 1 + (uint)LowestBit(found);
        while (++word < ChunkWords)
        {
            found = bits.Start[word] | bits.Free[word];
            if (found != 0) return GranuleAt(chunk, word, LowestBit(found));
        }
        return ItemEndBeyond(start);
    }

    /// <summary>The end of the free run that starts at <paramref name="start"/>.</summary>
    internal uint RunEnd(uint start)
    {
        uint chunk = ChunkOf(start);
        int word = WordOf(start);
        ref ChunkBits bits = ref _bits[chunk];
        ulong found = ~bits.Free[word] >> BitOf(start);
        if (found != 0) return start + (uint)LowestBit(found);
        while (++word < ChunkWords)
        {
            found = ~bits.Free[word];
            if (found != 0) return GranuleAt(chunk, word, LowestBit(found));
        }
        return ItemEndBeyond(start);
    }

    /// <summary>The start of the free run that ends at <paramref name="end"/>.</summary>
    internal uint RunStart(uint end)
    {
        uint last = end - 1, chunk = ChunkOf(last);
        int word = WordOf(last);
        ref ChunkBits bits = ref _bits[chunk];
        ulong found = ~bits.Free[word] << (63 - BitOf(last));
        if (found != 0) return last - (uint)(63 - HighestBit(found)) + 1;
        while (--word >= 0)
        {
            found = ~bits.Free[word];
            if (found != 0) return GranuleAt(chunk, word, HighestBit(found)) + 1;
        }
        uint begin = GranuleAt(chunk, 0, 0);
        return chunk > 0 && IsFree(begin - 1) ? _chunks[chunk].Entering : begin;
    }

    /// <summary>The granules of one word of a chunk at which a free run starts.</summary>
    internal ulong RunStarts(uint chunk, int word)
    {
        ref ChunkBits bits = ref _bits[chunk];
        ulong before = word > 0 ? bits.Free[word - 1] : chunk > 0 ? _bits[chunk - 1].Free[ChunkWords - 1] : 0;
        return bits.Free[word] & ~(bits.Free[word] << 1 | before >> 63);
    }

    /// <summary>The lowest free run of a class and of at least <paramref name="least"/> granules that starts in a chunk;
    /// empty: none. An exact class has one length, so that <paramref name="least"/> must be it.</summary>
    internal GranuleSpan RunFind(uint chunk, uint sizeClass, uint least)
    {
        if (sizeClass >= SizeClass.Large) // longer than the chunk, so it is the one that leaves it
        {
            uint start = RunStart(GranuleAt(chunk + 1, 0, 0)), end = start + _chunks[chunk].Crossing;
            return end - start >= least ? new GranuleSpan(start, end) : default;
        }
        ref ChunkBits bits = ref _bits[chunk];
        ulong before = chunk > 0 ? _bits[chunk - 1].Free[ChunkWords - 1] : 0;
        for (int word = 0; word < ChunkWords; word++)
        {
            ulong free = bits.Free[word];
            ulong starts = free & ~(free << 1 | before >> 63);
            before = free;
            for (; starts != 0; starts &= starts - 1)
            {
                int bit = LowestBit(starts);
                uint start = GranuleAt(chunk, word, bit);
                ulong stop = ~free >> bit; // most runs end in the word where they start
                uint length = stop != 0 ? (uint)LowestBit(stop) : RunEnd(start) - start;
                if (length < least) continue;
                if (sizeClass < SizeClass.Exact ? length == least : SizeClass.Of(length) == sizeClass)
                    return new GranuleSpan(start, start + length);
            }
        }
        return default;
    }

    /// <summary>Notes where an item that reaches over its chunk's end begins and ends.</summary>
    internal void RunTag(GranuleSpan run)
    {
        uint first = ChunkOf(run.Start), last = ChunkOf(run.End - 1);
        if (first == last) return;
        _chunks[first].Crossing = run.Length;
        _chunks[last].Entering = run.Start;
    }

    internal void BlockTag(GranuleSpan block)
    {
        uint first = ChunkOf(block.Start);
        if (first != ChunkOf(block.End - 1)) _chunks[first].Crossing = block.Length;
    }

    internal void Untag(GranuleSpan item)
    {
        uint first = ChunkOf(item.Start);
        if (first != ChunkOf(item.End - 1)) _chunks[first].Crossing = 0;
    }
}
