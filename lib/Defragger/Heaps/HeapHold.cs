// Holding pages and restoring them: Holds.cs.
using static Defragger.Heaps.GranuleMap;
using static Defragger.Heaps.Layout;
using static Defragger.Heaps.PageState;

namespace Defragger.Heaps;

public sealed partial class CoalescingHeap
{
    /// <summary>Granules of a held page have been used: they are held, and of a page with no other live granule the bytes
    /// can be given back.</summary>
    private void SpanFreeHeld(GranuleSpan span)
    {
        uint page = PageOf(span.Start);
        _holds.SpanHold(span);
        _live -= span.Length;
        if (_holds.PageIsAllHeld(page)) _pages.PageLeave(page);
    }

    // --- Hold ---

    /// <summary>Takes what lies on a page out of a run that is free there. The page has a live granule, so the run reaches
    /// over one of its edges at most, and what is left of it is one run: the victim if it was.</summary>
    private void RunHold(GranuleSpan run, GranuleSpan page)
    {
        GranuleSpan part = new(Math.Max(run.Start, page.Start), Math.Min(run.End, page.End));
        GranuleSpan rest = run.Start < part.Start ? new(run.Start, part.Start) : new(part.End, run.End);
        _map.FreeFlip(part);
        _holds.SpanHold(part);
        if (rest.IsEmpty) _placement.FreeRuns--;
        if (_placement.IsVictim(run))
        {
            _map.Untag(run);
            _placement.VictimSet(rest);
            return;
        }
        _index.RunRemove(run);
        if (!rest.IsEmpty) _index.RunInsert(rest);
    }

    /// <summary>Whether all of a page is committed.</summary>
    internal bool IsWholePage(int page) => (uint)page < _map.Limit / PageGranules;

    /// <inheritdoc/>
    public bool HoldPage(int page)
    {
        uint at = (uint)page;
        if (!IsWholePage(page) || _holds.PageIsHeld(at) || _pages.PageIsFree(at)) return false;
        _holds.PageHold(at);
        GranuleSpan whole = new(at * PageGranules, at * PageGranules + PageGranules);
        for (uint word = at * PageWords; word < (at + 1) * PageWords; word++)
            while (_map.FreeAt(word) != 0)
            {
                // The lowest run of the word ends in this chunk, or leaves it.
                uint start = GranuleAt(word, BitSets.LowestBit(_map.FreeAt(word))), end = _map.RunEnd(start);
                if (start == whole.Start) start = _map.RunStart(end);
                RunHold(new GranuleSpan(start, end), whole);
            }
        return true;
    }

    /// <inheritdoc/>
    public bool RestorePage(int page)
    {
        if (!IsHeld(page)) return false;
        _holds.PageRestore((uint)page);
        return true;
    }

    // --- What is told of pages ---

    /// <inheritdoc/>
    public bool IsHeld(int page) => IsWholePage(page) && _holds.PageIsHeld((uint)page);

    /// <inheritdoc/>
    public PageBits PageLive(int page)
    {
        PageBits live = default;
        for (uint at = 0; at < PageWords; at++)
        {
            ulong word = (uint)page * (ulong)PageWords + at, begin = word * WordGranules;
            ulong beyond = begin >= _map.Limit ? 0 : _map.Limit - begin;
            if (beyond > 0) live[(int)at] = ~(_map.FreeAt((uint)word) | _holds.HeldOf((uint)word));
            if (beyond < WordGranules) live[(int)at] &= (1UL << (int)beyond) - 1;
        }
        return live;
    }

    /// <inheritdoc/>
    public MergePlan PlanMerges(ReadOnlySpan<int> pages, MergeLimits limits, Span<int> groupOf)
    {
        limits.Demand();
        return Merging.Plan(this, pages, limits, groupOf[..pages.Length]);
    }
}
