namespace Defragger.Heaps;

/// <summary>How pages are put together (<see cref="IHeap.PlanMerges"/>).</summary>
/// <param name="MaxMembers">Pages of a group, 2 to 16.</param>
/// <param name="MaxProbes">Groups that a page is offered to at a time, 1 to 256; how many are open at once.</param>
/// <param name="MaxLive">Granules, 1 to 256: pages with more live ones are left alone.</param>
public readonly record struct MergeLimits(int MaxMembers, int MaxProbes, int MaxLive)
{
    /// <summary>What a caller gives a heap.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range.</exception>
    internal void Demand()
    {
        Demand(MaxMembers, 2, 16, nameof(MaxMembers));
        Demand(MaxProbes, 1, 256, nameof(MaxProbes));
        Demand(MaxLive, 1, 256, nameof(MaxLive));
    }

    private static void Demand(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"A plan of merging takes {least} to {most}.");
    }
}

/// <summary>What a plan of merging brings and costs.</summary>
/// <param name="Groups">Pages that the members will lie on.</param>
/// <param name="Members">Pages that are in a group.</param>
/// <param name="Mappings">Runs of pages p, p + 1, ... that go to groups g, g + 1, ...: where group g is page g of a file,
/// each is one mapping.</param>
public readonly record struct MergePlan(int Groups, int Members, int Mappings)
{
    /// <summary>The group of a page that has none.</summary>
    public const int NoGroup = -1;

    /// <summary>Pages of memory that are there no more.</summary>
    public int SavedPages => Members - Groups;
}
