using System.Numerics;

namespace Defragger.Heaps;

/// <summary>Size classes of free runs, by length in granules.</summary>
/// <remarks>
/// <code>
/// class 0 .. 39     exactly 1 .. 40 granules (16 to 640 bytes)
/// class 40 .. 253   eight classes for each doubling: 41-44, 45-48, 49-52, ... 61-64, 65-72, ... up to 2^32
/// </code>
/// Exact classes end where looking at one word and its neighbour (FreeIndex) no longer shows a run whole. Two lengths of
/// one inexact class differ by less than 1/8. The scheme is that of two-level segregated fit: Masmano et al., "TLSF", ECRTS
/// 2004; there a request never looks into its own class, and a hole of just its size is missed.
/// </remarks>
internal static class SizeClass
{
    /// <summary>Classes below hold one length each.</summary>
    internal const uint Exact = 40;

    /// <summary>Classes from here hold runs longer than a chunk: at most one starts in a chunk.</summary>
    internal const uint Large = 70;

    /// <summary>Of runs.</summary>
    internal const uint Count = 254;

    internal static uint Of(uint length)
    {
        if (length <= Exact) return length - 1;
        uint last = length - 1;
        int doubling = BitOperations.Log2(last);
        return 38 + (uint)(doubling - 5) * 8 + ((last >> (doubling - 3)) & 7);
    }

    /// <summary>The shortest length of a class.</summary>
    internal static uint Least(uint sizeClass)
    {
        if (sizeClass < Exact) return sizeClass + 1;
        uint step = sizeClass - 38;
        return ((8 + step % 8) << (int)(2 + step / 8)) + 1;
    }
}
