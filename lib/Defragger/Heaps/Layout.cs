using System.Runtime.CompilerServices;

namespace Defragger.Heaps;

/// <summary>How an arena is divided, and what is known of each part. Nothing of it lies in the arena.</summary>
/// <remarks>
/// <code>
/// granule  16 bytes, the unit of blocks. Two bits: does a block start here; is it free.
/// page     4 KiB, 256 granules, the unit of memory given back.
/// chunk    8 KiB, 512 granules, the unit of the free index: one line of start bits, one of free bits, one record.
/// </code>
/// A block is a start bit, then granules that are neither start nor free. A free run is a maximal sequence of free
/// granules. So a block's size is the distance to the next bit of either kind, to free it is to set bits, and two free
/// neighbours are one run by nature: nothing has to be merged.
/// Both may be long. One item at most, block or run, reaches from a chunk into the next; its length is kept in the
/// chunk where it starts (<see cref="Chunk.Crossing"/>), and the start of a run is kept in the chunk where it ends
/// (<see cref="Chunk.Entering"/>). So the ends of any item are found by looking at one chunk.
/// Cost: 128 + 24 bytes a chunk, and 40 for each chunk and 1/8 byte for each chunk and inexact class of the free index: at
/// most 2.8 % of what is committed, twice that while the arrays have room to grow.
/// </remarks>
internal static class Layout
{
    internal const uint Granule = 16;
    internal const long Page = 4096;

    internal const int GranuleShift = 4;
    internal const uint WordGranules = 64;
    internal const uint PageGranules = 256;
    internal const uint ChunkGranules = 512;
    internal const uint ChunkWords = ChunkGranules / WordGranules;
    internal const uint ChunkPages = ChunkGranules / PageGranules;
    internal const int PageWords = (int)(PageGranules / WordGranules);
}

/// <summary>What is known of a chunk beside its granules' bits.</summary>
internal struct Chunk
{
    /// <summary>Free runs that start here of each inexact class below <see cref="SizeClass.Large"/>: four bits
    /// each.</summary>
    internal ClassCounts Counts;

    /// <summary>Bits 0, 1: the page is dirty; bits 4, 5: it is dirty and free.</summary>
    internal byte Pages;

    /// <summary>Length of the item that starts here and reaches into the next chunk; 0: none does.</summary>
    internal uint Crossing;

    /// <summary>Start of the free run that ends here and has begun in an earlier chunk; else stale.</summary>
    internal uint Entering;

    /// <summary>Laid out as C does; and an index of it is checked against a number known when it is compiled.</summary>
    [InlineArray(15)]
    internal struct ClassCounts
    {
        private byte _first;
    }
}

/// <summary>A sequence of granules: a block's place or a free run.</summary>
internal readonly struct GranuleSpan(uint start, uint end)
{
    /// <summary>An empty span that is no place: no granule has this number.</summary>
    internal static GranuleSpan Nowhere => new(uint.MaxValue, uint.MaxValue);

    internal readonly uint Start = start;
    internal readonly uint End = end;

    internal uint Length => End - Start;

    internal bool IsEmpty => Start == End;
}
