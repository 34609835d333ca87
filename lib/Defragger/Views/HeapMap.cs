using System.Numerics;

namespace Defragger.Views;

/// <summary>What is known of a page of a heap.</summary>
public enum PageUse : byte
{
    /// <summary>Nothing lives on it, and it has been given back to the system or was never touched.</summary>
    Purged,

    /// <summary>Nothing lives on it; it has not been given back yet.</summary>
    Free,

    /// <summary>A block lies on it: it cannot be given back.</summary>
    Pinned,
}

/// <summary>A page of a heap.</summary>
/// <param name="Use">What is known of it.</param>
/// <param name="Live">Bytes of blocks on it, 0 to <see cref="HeapMap.PageSize"/>.</param>
/// <param name="SizeClass">Of the blocks that most of the live bytes belong to, if one class has more than half of them; else of
/// some that are there. See <see cref="HeapMap.SizeClassOf"/>; 0 when nothing lives.</param>
/// <param name="Age">How old the live bytes of a pinned page are on average, in operations; -1 when that is not known.</param>
public readonly record struct HeapPage(PageUse Use, int Live, byte SizeClass = 0, float Age = -1);

/// <summary>An arena of a heap, page by page.</summary>
/// <param name="Base">Its address.</param>
/// <param name="Pages">Its pages in address order; the last may be a part of one.</param>
/// <param name="Unit">Bytes of what is a page here: <see cref="HeapMap.PageSize"/>, or of a region that has no pages (a heap
/// of FreeRTOS) <see cref="HeapMap.GranuleSize"/>.</param>
public sealed record HeapArena(ulong Base, IReadOnlyList<HeapPage> Pages, int Unit = HeapMap.PageSize);

/// <summary>A heap as pages: small enough for a picture however many blocks there are: 16 bytes a page.</summary>
public sealed record HeapMap
{
    /// <summary>Bytes of a page.</summary>
    public const int PageSize = 4096;

    /// <summary>Bytes of a granule, the least that a block occupies.</summary>
    public const int GranuleSize = 16;

    /// <summary>Size classes for pictures: of blocks up to 16 bytes, 32 and so on; the last is of all longer ones.</summary>
    public const int SizeClasses = 12;

    /// <summary>Where it came from.</summary>
    public required string Name { get; init; }

    /// <summary>The arenas, in the order of the snapshot.</summary>
    public required IReadOnlyList<HeapArena> Arenas { get; init; }

    /// <summary>Blocks, those in the arenas and those that are mappings of their own.</summary>
    public long Blocks { get; init; }

    /// <summary>Bytes of blocks in the arenas.</summary>
    public long Live { get; init; }

    /// <summary>Bytes of blocks that are mappings of their own; they are not in the picture.</summary>
    public long Large { get; init; }

    /// <summary>Bytes of pages on which a block lies.</summary>
    public long Pinned => Bytes(PageUse.Pinned);

    /// <summary>Bytes of free pages that have not been given back.</summary>
    public long Free => Bytes(PageUse.Free);

    /// <summary>Bytes of free pages that are with the system.</summary>
    public long Purged => Bytes(PageUse.Purged);

    /// <summary>Whether the snapshot tells how old blocks are: one of a trace does.</summary>
    public bool HasAges => Arenas.Any(arena => arena.Pages.Any(page => page.Use == PageUse.Pinned && page.Age >= 0));

    /// <summary>The class of a block's length, from 1 to <see cref="SizeClasses"/>.</summary>
    public static byte SizeClassOf(long length)
    {
        int doublings = length <= GranuleSize ? 0 : BitOperations.Log2((ulong)(length - 1) / GranuleSize) + 1;
        return (byte)(Math.Min(doublings, SizeClasses - 1) + 1);
    }

    private long Bytes(PageUse use) => Arenas.Sum(arena => arena.Pages.LongCount(page => page.Use == use) * arena.Unit);
}
