using Defragger.Heaps;

namespace Defragger.Bench.Placement;

/// <summary>The heap that was built: <see cref="CoalescingHeap"/> itself, not a model of it. It is <see cref="ClassFit"/>
/// with a designated victim, and does all its bookkeeping here too.</summary>
internal sealed class ProductionHeap : IPlacement
{
    private const long Capacity = 16L << 30, Growth = 64 << 10;

    private readonly CoalescingHeap _heap;

    public ProductionHeap()
    {
        HeapStatus status = CoalescingHeap.TryOpen(new HeapOptions(Capacity, Growth), out CoalescingHeap? heap);
        _heap = heap ?? throw new InvalidOperationException($"The heap answered {status}.");
    }

    public long Allocate(long granules)
    {
        HeapStatus status = _heap.Allocate(granules * IPlacement.Granule, IPlacement.Granule, out long offset);
        return status == HeapStatus.Ok ? offset / IPlacement.Granule : throw new InvalidOperationException($"The heap answered {status}.");
    }

    public void Release(long start, long granules)
    {
        HeapStatus status = _heap.Release(start * IPlacement.Granule);
        if (status != HeapStatus.Ok) throw new InvalidOperationException($"The heap answered {status}.");
    }
}
