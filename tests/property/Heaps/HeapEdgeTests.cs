using Defragger.Heaps;
using Xunit;

namespace Defragger.Tests.Heaps;

/// <summary>The heap at the edges of what it can be asked, where random traces do not come.</summary>
public sealed class HeapEdgeTests
{
    [Fact]
    public void Options_must_be_given()
    {
        Assert.Throws<ArgumentNullException>(() => CoalescingHeap.TryOpen(null!, out _));
    }

    [Fact]
    public void A_heap_over_nothing_has_nothing_to_zero_or_purge()
    {
        Assert.Equal(HeapStatus.Ok, CoalescingHeap.TryOpen(new HeapOptions(1 << 16), out CoalescingHeap? heap));
        Assert.Equal(HeapStatus.Ok, heap!.Allocate(1 << 15, 16, out long written));
        Assert.Equal(HeapStatus.Ok, heap.Release(written));
        Assert.Equal(1 << 15, heap.Statistics.DirtyFree);
        Assert.Equal(HeapStatus.Ok, heap.AllocateZeroed(10_000, out long zeroed));
        Assert.Equal(written, zeroed);
        Assert.Equal((1 << 15) - 3 * 4096, heap.Purge(long.MaxValue));
        Assert.Equal(0, heap.Check());
    }

    [Fact]
    public void A_request_for_all_of_the_largest_arena_is_a_question_to_the_world()
    {
        var world = new RefusingWorld();
        var options = new HeapOptions(HeapOptions.CapacityMax, 16, world);
        Assert.Equal(HeapStatus.Ok, CoalescingHeap.TryOpen(options, out CoalescingHeap? heap));
        Assert.Equal(HeapStatus.OutOfMemory, heap!.Allocate(HeapOptions.CapacityMax, 16, out long offset));
        Assert.Equal(0, offset);
        Assert.Equal([(0, HeapOptions.CapacityMax)], world.Asked);
        Assert.Equal(0, heap.Statistics.Committed);
        Assert.Equal(0, heap.Check());
    }

    [Fact]
    public void The_largest_growth_is_no_more_than_the_arena()
    {
        var world = new RefusingWorld();
        var options = new HeapOptions(1 << 16, HeapOptions.CapacityMax, world);
        Assert.Equal(HeapStatus.Ok, CoalescingHeap.TryOpen(options, out CoalescingHeap? heap));
        Assert.Equal(HeapStatus.OutOfMemory, heap!.Allocate(1, 1, out _));
        Assert.Equal([(0, 1 << 16), (0, 8192)], world.Asked); // as much as is usual, then what it takes
    }

    private sealed class RefusingWorld : IHeapOutside
    {
        internal List<(long Offset, long Length)> Asked { get; } = [];

        public bool Commit(long offset, long length)
        {
            Asked.Add((offset, length));
            return false;
        }

        public bool Purge(long offset, long length) => throw new InvalidOperationException("Nothing was committed.");

        public void Zero(long offset, long length) => throw new InvalidOperationException("Nothing was committed.");
    }
}
