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
/// Cost: 128 + 64 bytes a chunk and up to 1/8 byte a chunk for each size class: at most 2.8 % of what is committed, twice
/// that while the arrays have room to grow. Inline arrays lay the two structs out as C does and need no check of
/// an index that is a remainder.
/// </remarks>
internal static class Layout
{
    internal const uint Granule = 16;
    internal const long Page = 4096;

    internal const int GranuleShift = 4;
    internal const uint WordGranules = 64;
    internal const uint PageGranules = 256;

    /// <summary>Granules to chunks.</summary>
    internal const int ChunkShift = 9;
    internal const uint ChunkGranules = 1 << ChunkShift;
    internal const int ChunkWords = (int)(ChunkGranules / WordGranules);
    internal const uint ChunkPages = ChunkGranules / PageGranules;
}

/// <summary>The two bits of a chunk's granules; bit g % 64 of word g / 64.</summary>
internal struct ChunkBits
{
    /// <summary>A block starts here.</summary>
    internal Words Start;
    internal Words Free;

    [InlineArray(Layout.ChunkWords)]
    internal struct Words
    {
        private ulong _first;
    }
}

/// <summary>What else is known of a chunk.</summary>
internal struct Chunk
{
    /// <summary>Free runs of each exact class that start here.</summary>
    internal ExactCounts Exact;

    /// <summary>Of the classes up to <see cref="SizeClass.Large"/>: two counts of four bits each.</summary>
    internal MediumCounts Medium;

    /// <summary>Bits 0, 1: the page is dirty; bits 4, 5: it is dirty and free.</summary>
    internal byte Pages;

    /// <summary>Length of the item that starts here and reaches into the next chunk; 0: none does.</summary>
    internal uint Crossing;

    /// <summary>Start of the free run that ends here and has begun in an earlier chunk; else stale.</summary>
    internal uint Entering;

    [InlineArray(40)]
    internal struct ExactCounts
    {
        private byte _first;
    }

    [InlineArray(15)]
    internal struct MediumCounts
    {
        private byte _first;
    }
}

/// <summary>A sequence of granules: a block's place or a free run.</summary>
internal readonly struct GranuleSpan(uint start, uint end)
{
    internal readonly uint Start = start;
    internal readonly uint End = end;

    internal uint Length => End - Start;

    internal bool IsEmpty => Start == End;
}
