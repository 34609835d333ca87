using System.Runtime.CompilerServices;
using static Defragger.Heaps.GranuleMap;
using static Defragger.Heaps.Layout;
using static Defragger.Heaps.PageState;

namespace Defragger.Heaps;

/// <summary>Held pages: nothing is placed on them. What is free of a held page is in no run; it is "held", granule by
/// granule, until the page is restored. Whoever keeps the bytes of a page elsewhere (several pages on one:
/// Merging.cs) holds it, so that nobody writes to it but the blocks that are there.</summary>
/// <remarks>Two more bits, made when the first page is held: is the page held; is the granule. A held granule has a start
/// bit, which ends the block before it, and no free bit, which ends the run before the page; so placement knows nothing of
/// all this, and a heap that holds nothing pays a comparison where a block dies.</remarks>
internal sealed class Holds(GranuleMap map, Placement placement)
{
    private ulong[] _pages = [], _granules = [];

    internal uint PageCount { get; set; }

    internal uint GranuleCount { get; set; }

    internal bool Any => PageCount != 0;

    /// <summary>Whether a page has been held yet: before that there are no bits.</summary>
    internal bool HasMemory => _pages.Length != 0;

    /// <summary>All bits, for reading.</summary>
    internal ReadOnlySpan<ulong> Pages => _pages;

    internal ReadOnlySpan<ulong> Granules => _granules;

    /// <summary>Makes room for the bits of chunks, if there are any yet; what is there stays.</summary>
    internal void Reserve(uint chunks)
    {
        if (HasMemory) Resize(chunks);
    }

    private void Resize(uint chunks)
    {
        Array.Resize(ref _pages, (int)(chunks * ChunkPages / 64 + 1));
        Array.Resize(ref _granules, (int)(chunks * ChunkWords));
    }

    internal bool PageIsHeld(uint page) => Any && (_pages[page / 64] >> (int)(page % 64) & 1) != 0;

    /// <summary>The held granules of a word.</summary>
    internal ulong HeldOf(uint word) => Any ? _granules[word] : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsHeld(uint granule) => Any && (_granules[WordOf(granule)] >> BitOf(granule) & 1) != 0;

    internal void PageHold(uint page)
    {
        if (!HasMemory) Resize(map.Chunks);
        _pages[page / 64] |= 1UL << (int)(page % 64);
        PageCount++;
    }

    private void PageUnhold(uint page)
    {
        _pages[page / 64] &= ~(1UL << (int)(page % 64));
        PageCount--;
    }

    /// <summary>The granules of a word that lie in a span.</summary>
    private static ulong WordPart(uint word, GranuleSpan span)
    {
        ulong part = ulong.MaxValue;
        if (word == WordOf(span.Start)) part &= ulong.MaxValue << BitOf(span.Start);
        if (word == WordOf(span.End - 1)) part &= ulong.MaxValue >> (63 - BitOf(span.End - 1));
        return part;
    }

    /// <summary>Granules of a held page that are neither in a block nor in a run any more are held.</summary>
    internal void SpanHold(GranuleSpan span)
    {
        for (uint word = WordOf(span.Start); word <= WordOf(span.End - 1); word++)
        {
            ulong part = WordPart(word, span);
            map.StartsSet(word, part);
            _granules[word] |= part;
        }
        GranuleCount += span.Length;
    }

    private void SpanUnhold(GranuleSpan span)
    {
        for (uint word = WordOf(span.Start); word <= WordOf(span.End - 1); word++)
        {
            ulong part = WordPart(word, span);
            map.StartsClear(word, part);
            _granules[word] &= ~part;
        }
        GranuleCount -= span.Length;
    }

    /// <summary>The end of the held granules from <paramref name="start"/> on, or of their page.</summary>
    internal uint HeldEnd(uint start)
    {
        uint word = WordOf(start);
        ulong stop = ~_granules[word] >> BitOf(start);
        if (stop != 0) return start + (uint)BitSets.LowestBit(stop);
        while (++word % PageWords != 0)
            if (_granules[word] != ulong.MaxValue) return GranuleAt(word, BitSets.LowestBit(~_granules[word]));
        return GranuleAt(word, 0);
    }

    /// <summary>Whether all of a held page is held: no granule of it is live.</summary>
    internal bool PageIsAllHeld(uint page) =>
        !_granules.AsSpan((int)(page * PageWords), PageWords).ContainsAnyExcept(ulong.MaxValue);

    /// <summary>What is held of a held page is free again.</summary>
    internal void PageRestore(uint page)
    {
        for (uint word = page * PageWords; word < (page + 1) * PageWords; word++)
            while (_granules[word] != 0)
            {
                uint start = GranuleAt(word, BitSets.LowestBit(_granules[word]));
                var span = new GranuleSpan(start, HeldEnd(start));
                SpanUnhold(span);
                placement.SpanJoin(span);
            }
        PageUnhold(page);
    }

    /// <summary>The front of a span that lies on one held page, or on pages that are not held.</summary>
    internal GranuleSpan SpanFront(GranuleSpan span, out bool held)
    {
        uint page = PageOf(span.Start), last = PageOf(span.End - 1);
        held = PageIsHeld(page);
        do page++;
        while (!held && page <= last && !PageIsHeld(page));
        return new GranuleSpan(span.Start, page <= last ? page * PageGranules : span.End);
    }

    private bool TouchesHeldPage(GranuleSpan span) => SpanFront(span, out bool held).End != span.End || held;

    /// <summary>Whether a part of a span lies on a held page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Touches(GranuleSpan span) => Any && TouchesHeldPage(span);
}
