using Defragger.Heaps;
using Defragger.Interop;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Heaps;

/// <summary>Plans of merging: the same in C and C#, sound, and near the best there is.</summary>
public class MergePlanTests
{
    private const int Page = 4096, Granules = 256;

    [Property(MaxTest = 150)]
    public void Plans_in_C_and_in_CSharp_are_the_same_and_sound(int seed)
    {
        var random = new Random(seed);
        PageBits[] arena = Pages(random, random.Next(1, 120));
        using NativeHeap native = Native(arena);
        CoalescingHeap managed = Managed(arena);
        var limits = new MergeLimits(random.Next(2, 17), random.Next(4) == 0 ? random.Next(1, 257) : random.Next(1, 12), random.Next(1, 257));
        int[] pages = [.. Enumerable.Range(0, arena.Length + 2).Where(_ => random.Next(5) != 0)]; // some are not there
        foreach (int page in pages.Where(_ => random.Next(20) == 0))
            Assert.Equal(managed.HoldPage(page), native.HoldPage(page));
        int[] groupOf = new int[pages.Length], nativeGroupOf = new int[pages.Length];
        MergePlan plan = managed.PlanMerges(pages, limits, groupOf);
        Assert.Equal(plan, native.PlanMerges(pages, limits, nativeGroupOf));
        Assert.Equal(groupOf, nativeGroupOf);
        AssertSound(managed, pages, groupOf, limits, plan);
        foreach (int page in pages)
        {
            PageBits live = managed.PageLive(page), nativeLive = native.PageLive(page);
            Assert.Equal(live[..].ToArray(), nativeLive[..].ToArray());
        }
    }

    /// <summary>Where all pages go in at once, a page alone conflicts with every other that is alone. So the best plan has a
    /// group for each of these, and saves no more pages than ours has members; and a group of ours saves half of its
    /// members at least.</summary>
    [Property(MaxTest = 300)]
    public void A_small_plan_saves_at_least_half_of_the_best(int seed)
    {
        var random = new Random(seed);
        PageBits[] arena = Pages(random, random.Next(1, 9));
        CoalescingHeap heap = Managed(arena);
        int[] pages = [.. Enumerable.Range(0, arena.Length)], groupOf = new int[pages.Length];
        var limits = new MergeLimits(random.Next(2, 17), 64, Granules);
        int saved = heap.PlanMerges(pages, limits, groupOf).SavedPages;
        int best = Best([.. arena.Where(page => page.Count > 0)], [], limits.MaxMembers);
        Assert.InRange(saved, limits.MaxMembers < pages.Length ? 0 : (best + 1) / 2, best);
    }

    [Fact]
    public void A_large_plan_saves_nearly_what_disjoint_pages_would()
    {
        // A block of 64 bytes in a hundred stays: 2,000 pages, some 960 with any, none denser than one in ten.
        var random = new Random(20261126);
        PageBits[] arena = new PageBits[2000];
        foreach (ref PageBits page in arena.AsSpan())
            for (int block = 0; block < Granules / 4; block++)
                if (random.Next(100) == 0) page[block / 16] |= 15UL << block % 16 * 4;
        CoalescingHeap heap = Managed(arena);
        int[] pages = [.. Enumerable.Range(0, arena.Length)], groupOf = new int[pages.Length];
        var limits = new MergeLimits(16, 64, 128);
        MergePlan plan = heap.PlanMerges(pages, limits, groupOf);
        AssertSound(heap, pages, groupOf, limits, plan);
        int cold = arena.Count(page => page.Count > 0), least = (cold + 15) / 16;
        Assert.InRange(plan.SavedPages, (cold - least) * 99 / 100, cold - least);
        Assert.InRange(plan.Mappings, 1, cold * 3 / 4); // a mapping a page is what first fit needs
    }

    [Theory]
    [InlineData(1, 64, 128, "MaxMembers")]
    [InlineData(17, 64, 128, "MaxMembers")]
    [InlineData(16, 0, 128, "MaxProbes")]
    [InlineData(16, 257, 128, "MaxProbes")]
    [InlineData(16, 64, 0, "MaxLive")]
    [InlineData(16, 64, 257, "MaxLive")]
    public void A_limit_out_of_its_range_is_refused_by_its_name(int members, int probes, int live, string name)
    {
        var limits = new MergeLimits(members, probes, live);
        PageBits[] arena = Pages(new Random(1), 4);
        using NativeHeap native = Native(arena);
        foreach (IHeap heap in new IHeap[] { Managed(arena), native })
            Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => heap.PlanMerges([0, 1], limits, new int[2])).ParamName);
    }

    [Fact]
    public void Groups_without_room_for_them_are_refused()
    {
        PageBits[] arena = Pages(new Random(1), 4);
        using NativeHeap native = Native(arena);
        foreach (IHeap heap in new IHeap[] { Managed(arena), native })
            Assert.Throws<ArgumentOutOfRangeException>(() => heap.PlanMerges([0, 1], new MergeLimits(16, 64, 128), new int[1]));
    }

    // --- What is true of every plan ---

    private static void AssertSound(CoalescingHeap heap, int[] pages, int[] groupOf, MergeLimits limits, MergePlan plan)
    {
        ILookup<int, int> groups = pages.Zip(groupOf).Where(pair => pair.Second != MergePlan.NoGroup)
            .ToLookup(pair => pair.Second, pair => pair.First);
        Assert.Equal(Enumerable.Range(0, plan.Groups), groups.Select(group => group.Key).Order());
        Assert.Equal(plan.Members, groups.Sum(group => group.Count()));
        Assert.Equal(plan.SavedPages, plan.Members - plan.Groups);
        foreach (IGrouping<int, int> group in groups)
        {
            PageBits taken = default;
            Assert.InRange(group.Count(), 2, limits.MaxMembers);
            foreach (int page in group)
            {
                PageBits live = heap.PageLive(page);
                Assert.False(heap.IsHeld(page));
                Assert.InRange(live.Count, 1, limits.MaxLive);
                Assert.True(taken.IsDisjoint(live), $"page {page} of group {group.Key}");
                taken.Add(live);
            }
        }
        var places = pages.Zip(groupOf).Where(pair => pair.Second >= 0).ToHashSet();
        Assert.Equal(plan.Mappings, places.Count(place => !places.Contains((place.First - 1, place.Second - 1))));
    }

    /// <summary>The most pages that any plan saves, by trying all.</summary>
    private static int Best(PageBits[] left, List<(PageBits Taken, int Members)> groups, int maxMembers)
    {
        if (left.Length == 0) return groups.Sum(group => group.Members - 1);
        PageBits page = left[0];
        groups.Add((page, 1));
        int best = Best(left[1..], groups, maxMembers);
        groups.RemoveAt(groups.Count - 1);
        for (int at = 0; at < groups.Count; at++)
        {
            (PageBits Taken, int Members) before = groups[at];
            if (before.Members == maxMembers || !before.Taken.IsDisjoint(page)) continue;
            PageBits taken = before.Taken;
            taken.Add(page);
            groups[at] = (taken, before.Members + 1);
            best = Math.Max(best, Best(left[1..], groups, maxMembers));
            groups[at] = before;
        }
        return best;
    }

    // --- Heaps with given live granules ---

    /// <summary>Pages of some density each: many sparse ones, or all kinds.</summary>
    private static PageBits[] Pages(Random random, int count)
    {
        int sparse = random.Next(1, 60), kinds = random.Next(1, 5), run = random.Next(1, 9);
        var pages = new PageBits[count];
        foreach (ref PageBits page in pages.AsSpan())
        {
            int most = random.Next(kinds) switch { 0 => sparse, 1 => Granules, 2 => 8, _ => 1 };
            for (int blocks = random.Next(most) / run; blocks >= 0; blocks--)
            {
                int first = random.Next(Granules);
                for (int granule = first; granule < Math.Min(first + run, Granules); granule++) page[granule / 64] |= 1UL << granule % 64;
            }
            if (random.Next(10) == 0) page = default;
        }
        return pages;
    }

    private static CoalescingHeap Managed(PageBits[] pages)
    {
        Assert.Equal(HeapStatus.Ok, CoalescingHeap.TryOpen(new HeapOptions((long)pages.Length * Page), out CoalescingHeap? heap));
        Carve(heap!, pages);
        return heap!;
    }

    private static NativeHeap Native(PageBits[] pages)
    {
        Assert.Equal(HeapStatus.Ok, NativeHeap.TryOpen(new HeapOptions((long)pages.Length * Page), out NativeHeap? heap));
        Carve(heap!, pages);
        return heap!;
    }

    /// <summary>A block a granule, and those that are not to be live released again.</summary>
    private static void Carve(IHeap heap, PageBits[] pages)
    {
        long[] offsets = new long[pages.Length * Granules];
        Assert.Equal(HeapStatus.Ok, heap.AllocateMany(16, offsets, out _));
        long[] gone = [.. offsets.Where(offset => !pages[offset / Page].Has((int)(offset % Page / 16)))];
        Assert.Equal(HeapStatus.Ok, heap.ReleaseMany(gone, out _));
        Assert.Equal(0, heap.Check());
    }
}
