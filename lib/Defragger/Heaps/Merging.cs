using static Defragger.Heaps.Layout;

namespace Defragger.Heaps;

/// <summary>The plan of merging: which pages, each with a few live granules, can lie on one page together. The same in C,
/// where the policy is told: src/core/merge.c of the native project.</summary>
internal sealed class Merging
{
    /// <summary>Classes of pages by live granules.</summary>
    private const int Densities = 8;

    private readonly CoalescingHeap _heap;
    private readonly MergeLimits _limits;
    private readonly Group[] _groups; // the window
    private readonly int[] _waiting; // places in the list of pages
    private int _width, _open; // groups of the window: in all, with a member
    private int _next; // the group that the next page is offered to first
    private int _full, _waits; // groups that are full; pages that wait
    private int _first; // number of the window's first group

    private Merging(CoalescingHeap heap, MergeLimits limits)
    {
        _heap = heap;
        _limits = limits;
        _groups = new Group[limits.MaxProbes];
        _waiting = new int[limits.MaxProbes];
    }

    private struct Group
    {
        /// <summary>Granules; all of them when it is full.</summary>
        internal PageBits Taken;
        internal int Members;
    }

    // --- Candidates ---

    /// <summary>The density of a page that may be merged; Densities: it may not.</summary>
    private int DensityOf(int page)
    {
        if (!_heap.IsWholePage(page) || _heap.IsHeld(page)) return Densities;
        int count = _heap.PageLive(page).Count;
        return count == 0 || count > _limits.MaxLive ? Densities : (count - 1) / ((int)PageGranules / Densities);
    }

    /// <summary>The places of the candidates, the sparsest first.</summary>
    private int[] Queue(ReadOnlySpan<int> pages)
    {
        Span<int> places = stackalloc int[Densities + 1];
        places.Clear();
        foreach (int page in pages) places[DensityOf(page)]++;
        int candidates = 0;
        for (int density = 0; density <= Densities; density++)
        {
            int before = candidates;
            candidates += places[density];
            places[density] = before;
        }
        int[] queue = new int[places[Densities]];
        for (int i = 0; i < pages.Length; i++)
        {
            int density = DensityOf(pages[i]);
            if (density < Densities) queue[places[density]++] = i;
        }
        return queue;
    }

    // --- The window ---

    /// <summary>As many groups as take all that is left if they get full, but no more than may be looked at.</summary>
    private void WindowOpen(int candidates)
    {
        int enough = (candidates - 1) / _limits.MaxMembers + 1;
        _first += _open;
        _width = Math.Min(enough, _limits.MaxProbes);
        _open = _next = _full = _waits = 0;
        _groups.AsSpan(0, _width).Clear();
    }

    /// <summary>The group of the window that takes a page; its width: none does.</summary>
    private int WindowOffer(in PageBits live)
    {
        int at = _next, left = _width;
        for (; left > 0 && !_groups[at].Taken.IsDisjoint(live); left--) at = at + 1 < _width ? at + 1 : 0;
        if (left == 0) return _width;
        ref Group group = ref _groups[at];
        group.Taken.Add(live);
        if (group.Members++ == 0) _open++;
        if (group.Members == _limits.MaxMembers)
        {
            group.Taken.Fill();
            _full++;
        }
        _next = at + 1 < _width ? at + 1 : 0;
        return at;
    }

    /// <summary>Names the groups of the window that are some: numbers without a gap.</summary>
    private void WindowClose(List<int> names, ref int groups, ref int members)
    {
        foreach (Group group in _groups.AsSpan(0, _open))
        {
            names.Add(group.Members > 1 ? groups++ : MergePlan.NoGroup);
            members += group.Members > 1 ? group.Members : 0;
        }
    }

    // --- The plan ---

    /// <summary>Runs of pages and groups that both follow each other.</summary>
    private static int CountMappings(ReadOnlySpan<int> pages, ReadOnlySpan<int> groupOf)
    {
        int mappings = 0;
        for (int i = 0; i < pages.Length; i++)
        {
            bool goesOn = i > 0 && pages[i] == pages[i - 1] + 1 && groupOf[i - 1] != MergePlan.NoGroup &&
                          groupOf[i] == groupOf[i - 1] + 1;
            if (groupOf[i] != MergePlan.NoGroup && !goesOn) mappings++;
        }
        return mappings;
    }

    /// <summary>As <see cref="IHeap.PlanMerges"/>.</summary>
    internal static MergePlan Plan(CoalescingHeap heap, ReadOnlySpan<int> pages, MergeLimits limits, Span<int> groupOf)
    {
        var planner = new Merging(heap, limits);
        var names = new List<int>();
        int groups = 0, members = 0;
        int[] queue = planner.Queue(pages);
        groupOf.Fill(MergePlan.NoGroup);
        for (int at = 0; at < queue.Length; at -= planner._waits)
        {
            planner.WindowOpen(queue.Length - at);
            while (at < queue.Length && planner._full < planner._width && planner._waits < limits.MaxProbes)
            {
                int place = queue[at++], group = planner.WindowOffer(heap.PageLive(pages[place]));
                if (group == planner._width) planner._waiting[planner._waits++] = place;
                else groupOf[place] = planner._first + group;
            }
            planner.WindowClose(names, ref groups, ref members);
            planner._waiting.AsSpan(0, planner._waits).CopyTo(queue.AsSpan(at - planner._waits));
        }
        foreach (ref int group in groupOf)
            if (group != MergePlan.NoGroup) group = names[group];
        return new MergePlan(groups, members, CountMappings(pages, groupOf));
    }
}
