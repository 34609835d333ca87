using Defragger.Heaps;
using Defragger.Views;

namespace Defragger.Tests.Heaps;

/// <summary>Held pages of the model, and the plan of merging with lists and sets in place of bits.</summary>
internal sealed partial class ModelHeap
{
    public bool HoldPage(int page)
    {
        if (page < 0 || (page + 1) * Page > _committed || !PinnedPages().Contains(page) || !_held.Add(page)) return false;
        HeapRange victim = _victim;
        _victim = Runs().FirstOrDefault(run => run.Offset >= victim.Offset && run.End <= victim.End);
        return true;
    }

    public bool RestorePage(int page)
    {
        bool was = _held.Remove(page);
        Join();
        return was;
    }

    public bool IsHeld(int page) => _held.Contains(page);

    public PageBits PageLive(int page)
    {
        PageBits live = default;
        foreach (int granule in Granules(page)) live[granule / 64] |= 1UL << granule % 64;
        return live;
    }

    /// <summary>The live granules of a page.</summary>
    private HashSet<int> Granules(int page) =>
    [
        .. Enumerable.Range(0, 256).Where(granule =>
        {
            long at = (page * Page) + (granule * Granule);
            return _blocks.Any(block => block.Key <= at && at < block.Key + block.Value);
        }),
    ];

    private sealed class Group
    {
        public List<int> Pages { get; } = [];

        public HashSet<int> Taken { get; } = [];
    }

    public MergePlan PlanMerges(ReadOnlySpan<int> pages, MergeLimits limits, Span<int> groupOf)
    {
        Dictionary<int, HashSet<int>> granules = pages.ToArray()
            .Where(page => (page + 1) * Page <= _committed && !_held.Contains(page)).ToDictionary(page => page, Granules);
        List<int> left =
        [
            .. granules.Where(page => page.Value.Count > 0 && page.Value.Count <= limits.MaxLive)
                .OrderBy(page => (page.Value.Count - 1) / 32).ThenBy(page => page.Key).Select(page => page.Key),
        ];
        var groups = new List<Group>();
        while (left.Count > 0) groups.AddRange(Window(left, granules, limits));
        groups.RemoveAll(group => group.Pages.Count < 2);
        groupOf.Fill(MergePlan.NoGroup);
        for (int i = 0; i < pages.Length; i++)
        {
            int page = pages[i];
            groupOf[i] = groups.FindIndex(group => group.Pages.Contains(page));
        }
        var mappings = new List<(int Page, int Group)>();
        for (int i = 0; i < pages.Length; i++)
            if (groupOf[i] >= 0) mappings.Add((pages[i], groupOf[i]));
        int runs = mappings.Count(one => !mappings.Contains((one.Page - 1, one.Group - 1)));
        return new MergePlan(groups.Count, groups.Sum(group => group.Pages.Count), runs);
    }

    /// <summary>Groups of some of the pages that are left; what they have taken is not left any more.</summary>
    private static Group[] Window(List<int> left, Dictionary<int, HashSet<int>> granules, MergeLimits limits)
    {
        int width = Math.Min((left.Count + limits.MaxMembers - 1) / limits.MaxMembers, limits.MaxProbes);
        Group[] window = [.. Enumerable.Range(0, width).Select(_ => new Group())];
        var waiting = new List<int>();
        int next = 0;
        while (left.Count > 0 && waiting.Count < limits.MaxProbes && window.Any(group => group.Pages.Count < limits.MaxMembers))
        {
            int page = left[0];
            left.RemoveAt(0);
            int taker = Enumerable.Range(next, width).Select(at => at % width).FirstOrDefault(
                at => window[at].Pages.Count < limits.MaxMembers && !window[at].Taken.Overlaps(granules[page]), -1);
            if (taker < 0)
            {
                waiting.Add(page);
                continue;
            }
            window[taker].Pages.Add(page);
            window[taker].Taken.UnionWith(granules[page]);
            next = (taker + 1) % width;
        }
        left.InsertRange(0, waiting);
        return window;
    }
}
