using Defragger.Heaps;
using Defragger.Interop;
using Defragger.Views;
using Xunit;

namespace Defragger.Tests.Heaps;

/// <summary>The heap in C# and the heap in C, side by side over seeded operations: every answer, every question to the
/// world, and the picture after each operation are equal.</summary>
public sealed class TwinSmokeTests
{
    [Theory]
    [InlineData(1, 16, 0, 20_000)] // one granule
    [InlineData(2, 4096 + 48, 0, 20_000)] // a page and a bit
    [InlineData(3, 40_000, 16, 20_000)] // five chunks, the last of them partial
    [InlineData(4, 32_768, 0, 20_000)]
    [InlineData(5, 100_000, 10_000, 10_000)]
    [InlineData(6, 1_000_000, 50_000, 20_000)]
    [InlineData(7, 16 << 20, 1 << 20, 100_000)] // 2,048 chunks, 16,384 words: two levels, and three
    [InlineData(8, 48 << 20, 0, 100_000)] // more than 4,096 chunks: three, and three
    [InlineData(9, (64 << 20) - 16, 65_536, 200_000)]
    public void Twins_answer_alike(int seed, long capacity, long growth, int operations)
    {
        int seen = capacity <= 100_000 ? 1 : 100, verified = capacity <= 100_000 ? 1 : operations / 10;
        var random = new Random(seed);
        var managedWorld = new RefusingOutside(seed);
        var nativeWorld = new RefusingOutside(seed);
        var options = new HeapOptions(capacity, growth);
        HeapStatus opened =
            CoalescingHeap.TryOpen(options with { Outside = managedWorld }, out CoalescingHeap? managed);
        Assert.Equal(HeapStatus.Ok, opened);
        Assert.Equal(opened, NativeHeap.TryOpen(options with { Outside = nativeWorld }, out NativeHeap? native));
        using (native)
        {
            var twins = new Twins(random, capacity, managed!, native!);
            for (int count = 0; count < operations; count++)
            {
                if (count % 500 == 0) twins.ChangeMood();
                twins.Step();
                Assert.Equal(managedWorld.LastCall, nativeWorld.LastCall);
                Assert.Equal(managedWorld.Calls, nativeWorld.Calls);
                Assert.Equal(managed!.Statistics, native!.Statistics);
                bool isLast = count == operations - 1;
                if (count % seen == 0 || isLast) Assert.Equal(managed.Snapshot(), native.Snapshot());
                if (count % verified != 0 && !isLast) continue;
                Assert.Equal(0, managed.Check());
                Assert.Equal(0, native.Check());
            }
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-16, 0)]
    [InlineData(24, 0)]
    [InlineData(HeapOptions.CapacityMax + 16, 16)]
    [InlineData(4096, -1)]
    [InlineData(4096, HeapOptions.CapacityMax + 1)]
    public void Options_that_cannot_be_used_are_refused_by_both(long capacity, long growth)
    {
        Assert.Equal(HeapStatus.InvalidOptions, CoalescingHeap.TryOpen(new HeapOptions(capacity, growth), out _));
        Assert.Equal(HeapStatus.InvalidOptions, NativeHeap.TryOpen(new HeapOptions(capacity, growth), out _));
    }

    [Fact]
    public void Rules_have_the_same_texts()
    {
        for (int number = -1; number <= 12; number++) Assert.Equal(NativeHeap.Rule(number), HeapCheck.Rule(number));
    }

    [Fact]
    public void A_large_arena_costs_what_is_committed()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var options = new HeapOptions(HeapOptions.CapacityMax, 1 << 20);
        Assert.Equal(HeapStatus.Ok, CoalescingHeap.TryOpen(options, out CoalescingHeap? heap));
        Assert.Equal(HeapStatus.Ok, heap!.Allocate(1000, 16, out _));
        Assert.Equal(1 << 20, heap.Statistics.Committed);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void A_last_page_that_is_not_whole_is_never_purged()
    {
        var options = new HeapOptions(2 * 4096 + 48);
        (CoalescingHeap managed, NativeHeap native) = Twins.Open(options);
        using (native)
            foreach (IHeap heap in new IHeap[] { managed, native })
            {
                Assert.Equal(HeapStatus.Ok, heap.Allocate(options.Capacity, 16, out long all));
                Assert.Equal(3 * 4096, heap.Statistics.Pinned);
                Assert.Equal(HeapStatus.Ok, heap.Release(all));
                Assert.Equal(2 * 4096, heap.Statistics.DirtyFree);
                Assert.Equal(2 * 4096, heap.Purge(long.MaxValue));
                Assert.Equal(0, heap.Check());
            }
    }
}
