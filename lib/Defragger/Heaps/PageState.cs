using static Defragger.Heaps.Layout;

namespace Defragger.Heaps;

/// <summary>What is known of a page beside its granules: is it dirty (anything may have been written to it since it was
/// committed or purged), is it pinned (a granule is live), and so: would purging it give memory back.</summary>
internal sealed class PageState(GranuleMap map, FreeIndex index)
{
    private const uint PageWords = PageGranules / WordGranules;
    private const byte Purgeable = 0xF0;

    /// <summary>Pages with a live granule.</summary>
    internal uint Pinned { get; private set; }

    /// <summary>Pages that are dirty and have none.</summary>
    internal uint DirtyFree { get; private set; }

    internal static uint PageOf(uint granule) => granule / PageGranules;

    private static byte PageDirty(uint page) => (byte)(1 << (int)(page % ChunkPages));

    private static byte PagePurgeable(uint page) => (byte)(16 << (int)(page % ChunkPages));

    internal bool IsDirty(uint page) => (map.ChunkAt(page / ChunkPages).Pages & PageDirty(page)) != 0;

    internal bool IsPurgeable(uint page) => (map.ChunkAt(page / ChunkPages).Pages & PagePurgeable(page)) != 0;

    /// <summary>Whether no granule of a page is live. Granules beyond what is committed are not free, but not live
    /// either.</summary>
    private bool PageIsFree(uint page)
    {
        ref ChunkBits bits = ref map.BitsAt(page / ChunkPages);
        int word = (int)(page % ChunkPages * PageWords);
        uint begin = page * PageGranules;
        if (map.Limit - begin >= PageGranules)
            return (bits.Free[word] & bits.Free[word + 1] & bits.Free[word + 2] & bits.Free[word + 3]) == ulong.MaxValue;
        return map.IsFree(begin) && map.RunEnd(begin) == map.Limit;
    }

    private void PurgeAdd(uint page)
    {
        ref byte pages = ref map.ChunkAt(page / ChunkPages).Pages;
        if ((pages & Purgeable) == 0) index.SetAdd(FreeIndex.ClassPurge, page / ChunkPages);
        pages |= PagePurgeable(page);
        DirtyFree++;
    }

    private void PurgeRemove(uint page)
    {
        ref byte pages = ref map.ChunkAt(page / ChunkPages).Pages;
        pages &= (byte)~PagePurgeable(page);
        if ((pages & Purgeable) == 0) index.SetRemove(FreeIndex.ClassPurge, page / ChunkPages);
        DirtyFree--;
    }

    /// <summary>Granules will be used: called while their free bits are still set.</summary>
    internal void PagesUse(GranuleSpan span)
    {
        for (uint page = PageOf(span.Start), last = PageOf(span.End - 1); page <= last; page++)
        {
            if (!PageIsFree(page)) continue;
            Pinned++;
            if (IsDirty(page)) PurgeRemove(page);
            else map.ChunkAt(page / ChunkPages).Pages |= PageDirty(page);
        }
    }

    /// <summary>Granules have been used: called when their free bits are set again.</summary>
    internal void PagesLeave(GranuleSpan span)
    {
        for (uint page = PageOf(span.Start), last = PageOf(span.End - 1); page <= last; page++)
        {
            if (!PageIsFree(page)) continue;
            Pinned--;
            PurgeAdd(page); // it was in use, so it is dirty
        }
    }

    /// <summary>A dirty and free page has been purged.</summary>
    internal void PageClean(uint page)
    {
        PurgeRemove(page);
        map.ChunkAt(page / ChunkPages).Pages &= (byte)~PageDirty(page);
    }
}
