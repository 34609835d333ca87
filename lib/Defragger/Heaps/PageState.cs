using System.Runtime.CompilerServices;
using static Defragger.Heaps.GranuleMap;
using static Defragger.Heaps.Layout;

namespace Defragger.Heaps;

/// <summary>What is known of a page beside its granules: is it dirty (anything may have been written to it since it was
/// committed or purged), is it pinned (a granule is live), and so: would purging it give memory back.</summary>
internal sealed class PageState(GranuleMap map, FreeIndex index)
{
    private const byte Purgeable = 0xF0;

    /// <summary>Pages with a live granule.</summary>
    internal uint Pinned { get; private set; }

    /// <summary>Whole pages that are dirty and have none.</summary>
    internal uint DirtyFree { get; private set; }

    internal static uint PageOf(uint granule) => granule / PageGranules;

    private static byte PageDirty(uint page) => (byte)(1 << (int)(page % ChunkPages));

    private static byte PagePurgeable(uint page) => (byte)(16 << (int)(page % ChunkPages));

    internal bool IsDirty(uint page) => (map.ChunkAt(page / ChunkPages).Pages & PageDirty(page)) != 0;

    internal bool IsPurgeable(uint page) => (map.ChunkAt(page / ChunkPages).Pages & PagePurgeable(page)) != 0;

    /// <summary>Whether all of a page is committed. Of a capacity that is no number of pages the last is not, and is never
    /// purged: what lies behind the arena is not ours.</summary>
    private bool PageIsWhole(uint page) => map.Limit - page * PageGranules >= PageGranules;

    /// <summary>Whether no granule of a page is live. Granules beyond what is committed are not free, but not live
    /// either.</summary>
    internal bool PageIsFree(uint page)
    {
        ReadOnlySpan<ulong> free = map.FreeOfPage(page);
        uint begin = page * PageGranules;
        if (PageIsWhole(page)) return (free[0] & free[1] & free[2] & free[3]) == ulong.MaxValue;
        return map.IsFree(begin) && map.RunEnd(begin) == map.Limit;
    }

    private void PurgeAdd(uint page)
    {
        ref byte pages = ref map.ChunkAt(page / ChunkPages).Pages;
        if ((pages & Purgeable) == 0) index.Inexact.SetAdd(FreeIndex.SetPurge, page / ChunkPages);
        pages |= PagePurgeable(page);
        DirtyFree++;
    }

    private void PurgeRemove(uint page)
    {
        ref byte pages = ref map.ChunkAt(page / ChunkPages).Pages;
        pages &= (byte)~PagePurgeable(page);
        if ((pages & Purgeable) == 0) index.Inexact.SetRemove(FreeIndex.SetPurge, page / ChunkPages);
        DirtyFree--;
    }

    /// <summary>Whether a granule of a word is live. For the word in which the committed memory ends it does not
    /// know.</summary>
    private bool WordIsUsed(uint word) => map.FreeAt(word) != ulong.MaxValue && word != WordOf(map.Limit);

    /// <summary>Whether all of a page lies in a span that it touches.</summary>
    private static bool PageIsIn(uint page, GranuleSpan span) =>
        page * PageGranules >= span.Start && span.End - page * PageGranules >= PageGranules;

    /// <summary>Granules will be used: called while their free bits are still set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PagesUse(GranuleSpan span)
    {
        uint page = PageOf(span.Start), last = PageOf(span.End - 1);
        if (page == last && WordIsUsed(WordOf(span.Start))) return; // the quick answer for most
        for (; page <= last; page++)
        {
            if (!PageIsIn(page, span) && !PageIsFree(page)) continue;
            Pinned++;
            if (IsPurgeable(page)) PurgeRemove(page);
            map.ChunkAt(page / ChunkPages).Pages |= PageDirty(page);
        }
    }

    /// <summary>The last live granule of a page has died.</summary>
    internal void PageLeave(uint page)
    {
        Pinned--;
        if (PageIsWhole(page)) PurgeAdd(page); // it was in use, so it is dirty
    }

    /// <summary>Granules have been used: called when their free bits are set again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PagesLeave(GranuleSpan span)
    {
        uint page = PageOf(span.Start), last = PageOf(span.End - 1);
        if (page == last && WordIsUsed(WordOf(span.Start))) return;
        for (; page <= last; page++)
            if (PageIsIn(page, span) || PageIsFree(page)) PageLeave(page);
    }

    /// <summary>A dirty and free page has been purged.</summary>
    internal void PageClean(uint page)
    {
        PurgeRemove(page);
        map.ChunkAt(page / ChunkPages).Pages &= (byte)~PageDirty(page);
    }
}
