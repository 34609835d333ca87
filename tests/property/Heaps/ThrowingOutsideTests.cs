using Defragger.Heaps;
using Defragger.Interop;
using Xunit;

namespace Defragger.Tests.Heaps;

/// <summary>What the outside of a heap refuses or throws arrives at the caller, in C# and through C, and nothing is lost.</summary>
public sealed class ThrowingOutsideTests
{
    [Fact]
    public void An_arena_that_cannot_be_committed_at_once_is_not_opened()
    {
        var outside = new ThrowingOutside { Refuses = true };
        Assert.Equal(HeapStatus.OutOfMemory, CoalescingHeap.TryOpen(new HeapOptions(4096, 0, outside), out _));
        Assert.Equal(HeapStatus.OutOfMemory, NativeHeap.TryOpen(new HeapOptions(4096, 0, outside), out _));
    }

    [Theory]
    [InlineData("Commit")]
    [InlineData("Purge")]
    [InlineData("Zero")]
    public void What_the_outside_throws_arrives_and_leaves_the_heap_sound(string call)
    {
        var outside = new ThrowingOutside();
        var options = new HeapOptions(1 << 20, 8192, outside);
        (CoalescingHeap managed, NativeHeap native) = Twins.Open(options);
        using (native)
            foreach (IHeap heap in new IHeap[] { managed, native })
            {
                Assert.Equal(HeapStatus.Ok, heap.Allocate(8192, 16, out long offset));
                if (call != "Commit") Assert.Equal(HeapStatus.Ok, heap.Release(offset));
                outside.Throws = call;
                Exception thrown = Assert.Throws<IOException>(() => call switch
                {
                    "Commit" => heap.Allocate(100, 16, out _),
                    "Purge" => (object)heap.Purge(long.MaxValue),
                    _ => heap.AllocateZeroed(100, out _),
                });
                outside.Throws = "";
                Assert.Equal(call, thrown.Message);
                Assert.Equal(0, heap.Check());
                Assert.Equal(call == "Commit" ? 1 : 0, heap.Statistics.LiveBlocks);
                Assert.Equal(HeapStatus.Ok, heap.Allocate(100, 16, out _));
            }
    }

    [Fact]
    public void A_batch_in_which_the_outside_throws_is_given_back()
    {
        var outside = new ThrowingOutside();
        var options = new HeapOptions(1 << 20, 8192, outside);
        (CoalescingHeap managed, NativeHeap native) = Twins.Open(options);
        using (native)
        {
            foreach (IHeap heap in new IHeap[] { managed, native })
            {
                Assert.Equal(HeapStatus.Ok, heap.Allocate(100, 16, out _));
                outside.Throws = "Commit";
                Assert.Throws<IOException>(() => heap.AllocateMany(64, new long[1000], out _));
                outside.Throws = "";
                Assert.Equal(0, heap.Check());
                Assert.Equal(1, heap.Statistics.LiveBlocks);
            }
            Assert.Equal(managed.Snapshot(), native.Snapshot());
        }
    }

    [Fact]
    public void A_purge_that_throws_is_the_last_one_asked()
    {
        var outside = new ThrowingOutside();
        var options = new HeapOptions(1 << 16, 0, outside);
        (CoalescingHeap managed, NativeHeap native) = Twins.Open(options);
        using (native)
            foreach (IHeap heap in new IHeap[] { managed, native })
            {
                long[] pages = new long[3];
                Assert.Equal(HeapStatus.Ok, heap.AllocateMany(4096, pages, out _));
                Assert.Equal(HeapStatus.Ok, heap.Release(pages[0]));
                Assert.Equal(HeapStatus.Ok, heap.Release(pages[2]));
                (outside.Throws, outside.Calls) = ("Purge", 0);
                Assert.Throws<IOException>(() => heap.Purge(long.MaxValue));
                outside.Throws = "";
                Assert.Equal(1, outside.Calls);
                Assert.Equal(2 * 4096, heap.Statistics.DirtyFree);
                Assert.Equal(2 * 4096, heap.Purge(long.MaxValue));
            }
    }

    [Theory]
    [InlineData(96, "a run of its length")]
    [InlineData(64, "the victim's front")]
    [InlineData(2000, "a long run")]
    public void A_block_whose_zeros_could_not_be_written_is_given_back_wherever_it_came_from(long size, string place)
    {
        var outside = new ThrowingOutside();
        var options = new HeapOptions(1 << 16, 0, outside);
        (CoalescingHeap managed, NativeHeap native) = Twins.Open(options);
        using (native)
        {
            foreach (IHeap heap in new IHeap[] { managed, native })
            {
                Assert.Equal(HeapStatus.Ok, heap.Allocate(16, 16, out _));
                Assert.Equal(HeapStatus.Ok, heap.Allocate(96, 16, out long hole));
                Assert.Equal(HeapStatus.Ok, heap.Allocate(16, 16, out _));
                Assert.Equal(HeapStatus.Ok, heap.Release(hole));
                outside.Throws = "Zero";
                Assert.Throws<IOException>(() => heap.AllocateZeroed(size, out _));
                outside.Throws = "";
                Assert.True(heap.Check() == 0, place);
            }
            Assert.Equal(managed.Snapshot(), native.Snapshot());
            Assert.Equal(2, managed.Statistics.LiveBlocks);
            Assert.Equal(managed.Allocate(size, 16, out long left), native.Allocate(size, 16, out long right));
            Assert.Equal(left, right);
        }
    }

    private sealed class ThrowingOutside : IHeapOutside
    {
        internal string Throws { get; set; } = "";

        internal bool Refuses { get; init; }

        internal int Calls { get; set; }

        public bool Commit(long offset, long length) => !Refuses && Answer("Commit");

        public bool Purge(long offset, long length) => Answer("Purge");

        public void Zero(long offset, long length) => Answer("Zero");

        private bool Answer(string call)
        {
            Calls++;
            return call != Throws ? true : throw new IOException(call);
        }
    }
}
