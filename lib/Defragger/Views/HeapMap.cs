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
public readonly record struct HeapPage(PageUse Use, int Live);

/// <summary>An arena of a heap, page by page.</summary>
/// <param name="Base">Its address.</param>
/// <param name="Pages">Its pages in address order; the last may be a part of one.</param>
public sealed record HeapArena(ulong Base, IReadOnlyList<HeapPage> Pages);

/// <summary>A heap as pages: small enough for a picture however many blocks there are: 8 bytes a page.</summary>
public sealed record HeapMap
{
    /// <summary>Bytes of a page.</summary>
    public const int PageSize = 4096;

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

    private long Bytes(PageUse use) => Arenas.Sum(arena => arena.Pages.LongCount(page => page.Use == use)) * PageSize;
}
