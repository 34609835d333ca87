namespace Defragger.Bench.Placement;

/// <summary>A policy by name, which makes a fresh heap for each replay.</summary>
/// <param name="Name">Its name in the table and on the command line.</param>
/// <param name="Heap">Makes the placement.</param>
/// <param name="IsCached">Whether a <see cref="Cached"/> stands before it.</param>
internal sealed record Policy(string Name, Func<IPlacement> Heap, bool IsCached = false)
{
    public static IReadOnlyList<Policy> All { get; } =
    [
        new("BestFitLifo", () => new BestFitLifo()),
        new("BestFitLowest", () => new BestFitLowest()),
        new("ClassFit", () => new ClassFit()),
        new("ClassFit+cache", () => new ClassFit(), IsCached: true),
        new("CoalescingHeap", () => new ProductionHeap()),
        new("CoalescingHeap+cache", () => new ProductionHeap(), IsCached: true),
        new("BumpHoles", () => new BumpHoles()),
        new("SlabFullestFirst", () => new SlabFullestFirst()),
    ];

    /// <summary>The policy alone.</summary>
    public IPlacement Make() => InFrontOf(Heap());

    /// <summary>The policy between two meters.</summary>
    public (PageMeter Live, PageMeter Held) MakeMetered()
    {
        var held = new PageMeter(Heap());
        return (new PageMeter(InFrontOf(held)), held);
    }

    private IPlacement InFrontOf(IPlacement heap) => IsCached ? new Cached(heap) : heap;
}
