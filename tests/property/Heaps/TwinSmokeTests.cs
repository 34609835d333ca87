using System.Numerics;
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
        var managedWorld = new World(seed);
        var nativeWorld = new World(seed);
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

    /// <summary>The same heap in C# and in C.</summary>
    private static (CoalescingHeap Managed, NativeHeap Native) OpenBoth(HeapOptions options)
    {
        Assert.Equal(HeapStatus.Ok, CoalescingHeap.TryOpen(options, out CoalescingHeap? managed));
        Assert.Equal(HeapStatus.Ok, NativeHeap.TryOpen(options, out NativeHeap? native));
        return (managed!, native!);
    }

    [Fact]
    public void An_arena_that_cannot_be_committed_at_once_is_not_opened()
    {
        var world = new ThrowingWorld { Refuses = true };
        Assert.Equal(HeapStatus.OutOfMemory, CoalescingHeap.TryOpen(new HeapOptions(4096, 0, world), out _));
        Assert.Equal(HeapStatus.OutOfMemory, NativeHeap.TryOpen(new HeapOptions(4096, 0, world), out _));
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

    [Theory]
    [InlineData("Commit")]
    [InlineData("Purge")]
    [InlineData("Zero")]
    public void What_the_outside_throws_arrives_and_leaves_the_heap_sound(string call)
    {
        var world = new ThrowingWorld();
        var options = new HeapOptions(1 << 20, 8192, world);
        (CoalescingHeap managed, NativeHeap native) = OpenBoth(options);
        using (native)
            foreach (IHeap heap in new IHeap[] { managed, native })
            {
                Assert.Equal(HeapStatus.Ok, heap.Allocate(8192, 16, out long offset));
                if (call != "Commit") Assert.Equal(HeapStatus.Ok, heap.Release(offset));
                world.Throws = call;
                Exception thrown = Assert.Throws<IOException>(() => call switch
                {
                    "Commit" => heap.Allocate(100, 16, out _),
                    "Purge" => (object)heap.Purge(long.MaxValue),
                    _ => heap.AllocateZeroed(100, out _),
                });
                world.Throws = "";
                Assert.Equal(call, thrown.Message);
                Assert.Equal(0, heap.Check());
                Assert.Equal(call == "Commit" ? 1 : 0, heap.Statistics.LiveBlocks);
                Assert.Equal(HeapStatus.Ok, heap.Allocate(100, 16, out _));
            }
    }

    [Fact]
    public void A_batch_in_which_the_outside_throws_is_given_back()
    {
        var world = new ThrowingWorld();
        var options = new HeapOptions(1 << 20, 8192, world);
        (CoalescingHeap managed, NativeHeap native) = OpenBoth(options);
        using (native)
        {
            foreach (IHeap heap in new IHeap[] { managed, native })
            {
                Assert.Equal(HeapStatus.Ok, heap.Allocate(100, 16, out _));
                world.Throws = "Commit";
                Assert.Throws<IOException>(() => heap.AllocateMany(64, new long[1000], out _));
                world.Throws = "";
                Assert.Equal(0, heap.Check());
                Assert.Equal(1, heap.Statistics.LiveBlocks);
            }
            Assert.Equal(managed.Snapshot(), native.Snapshot());
        }
    }

    [Fact]
    public void A_purge_that_throws_is_the_last_one_asked()
    {
        var world = new ThrowingWorld();
        var options = new HeapOptions(1 << 16, 0, world);
        (CoalescingHeap managed, NativeHeap native) = OpenBoth(options);
        using (native)
            foreach (IHeap heap in new IHeap[] { managed, native })
            {
                long[] pages = new long[3];
                Assert.Equal(HeapStatus.Ok, heap.AllocateMany(4096, pages, out _));
                Assert.Equal(HeapStatus.Ok, heap.Release(pages[0]));
                Assert.Equal(HeapStatus.Ok, heap.Release(pages[2]));
                (world.Throws, world.Calls) = ("Purge", 0);
                Assert.Throws<IOException>(() => heap.Purge(long.MaxValue));
                world.Throws = "";
                Assert.Equal(1, world.Calls);
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
        var world = new ThrowingWorld();
        var options = new HeapOptions(1 << 16, 0, world);
        (CoalescingHeap managed, NativeHeap native) = OpenBoth(options);
        using (native)
        {
            foreach (IHeap heap in new IHeap[] { managed, native })
            {
                Assert.Equal(HeapStatus.Ok, heap.Allocate(16, 16, out _));
                Assert.Equal(HeapStatus.Ok, heap.Allocate(96, 16, out long hole));
                Assert.Equal(HeapStatus.Ok, heap.Allocate(16, 16, out _));
                Assert.Equal(HeapStatus.Ok, heap.Release(hole));
                world.Throws = "Zero";
                Assert.Throws<IOException>(() => heap.AllocateZeroed(size, out _));
                world.Throws = "";
                Assert.True(heap.Check() == 0, place);
            }
            Assert.Equal(managed.Snapshot(), native.Snapshot());
            Assert.Equal(2, managed.Statistics.LiveBlocks);
            Assert.Equal(managed.Allocate(size, 16, out long left), native.Allocate(size, 16, out long right));
            Assert.Equal(left, right);
        }
    }

    [Fact]
    public void A_last_page_that_is_not_whole_is_never_purged()
    {
        var options = new HeapOptions(2 * 4096 + 48);
        (CoalescingHeap managed, NativeHeap native) = OpenBoth(options);
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

    /// <summary>One operation after the other, on both.</summary>
    private sealed class Twins(Random random, long capacity, IHeap managed, IHeap native)
    {
        private readonly List<long> _live = [];
        private int _sizes, _releases;

        internal void ChangeMood()
        {
            _sizes = random.Next(5);
            _releases = random.Next(20, 70);
        }

        internal void Step()
        {
            int kind = random.Next(100);
            if (kind < _releases) Release();
            else if (kind < 80) Allocate();
            else if (kind < 86) AllocateMany();
            else if (kind < 88) ReleaseMany();
            else if (kind < 91) ReleaseStarts();
            else if (kind < 93) AllocateVictim();
            else if (kind < 95) Split();
            else if (kind < 97) Resize();
            else if (kind < 98) Purge();
            else Mistake();
        }

        private void Release()
        {
            if (_live.Count == 0) return;
            int which = random.Next(_live.Count);
            Same(managed.Release(_live[which]), native.Release(_live[which]));
            _live[which] = _live[^1];
            _live.RemoveAt(_live.Count - 1);
        }

        private void Allocate()
        {
            long size = Size(), left, right;
            HeapStatus status;
            switch (random.Next(10))
            {
                case 0:
                    status = Same(managed.AllocateZeroed(size, out left), native.AllocateZeroed(size, out right));
                    break;
                case 1:
                    long alignment = 1L << random.Next(16);
                    status = Same(managed.Allocate(size, alignment, out left), native.Allocate(size, alignment, out right));
                    break;
                default:
                    status = Same(managed.Allocate(size, 16, out left), native.Allocate(size, 16, out right));
                    break;
            }
            Assert.Equal(left, right);
            if (status == HeapStatus.Ok) _live.Add(left);
        }

        private void AllocateMany()
        {
            long size = Size();
            long[] left = new long[random.Next(100)], right = new long[left.Length];
            Same(managed.AllocateMany(size, left, out int count), native.AllocateMany(size, right, out int other));
            Assert.Equal(count, other);
            Assert.Equal(left[..count], right[..count]);
            _live.AddRange(left[..count]);
        }

        /// <summary>Some blocks, from anywhere or beside each other; now and then with an offset that ends it.</summary>
        private void ReleaseMany()
        {
            _live.Sort();
            int from = random.Next(_live.Count + 1), one = random.Next(1, 4);
            List<long> batch = [.. _live.Skip(from).Where(_ => random.Next(one) == 0).Take(random.Next(100))];
            if (random.Next(4) == 0)
            {
                long wrong = random.Next(5) switch
                {
                    0 => -16,
                    1 => batch.FirstOrDefault(),
                    2 => random.NextInt64(capacity + 100),
                    _ => batch.LastOrDefault() + 16, // of the block before, which is free by then, or the next one
                };
                batch.Insert(random.Next(batch.Count + 1), wrong);
            }
            long[] offsets = [.. batch];
            Same(managed.ReleaseMany(offsets, out int count), native.ReleaseMany(offsets, out int other));
            Assert.Equal(count, other);
            var released = offsets[..count].ToHashSet();
            _live.RemoveAll(released.Contains);
        }

        /// <summary>Words of blocks; now and then with something wrong.</summary>
        private void ReleaseStarts()
        {
            _live.Sort();
            int from = random.Next(_live.Count + 1), one = random.Next(1, 4);
            BlockStarts[] words = BlockWords.Of(_live.Skip(from).Where(_ => random.Next(one) == 0).Take(random.Next(200)));
            if (words.Length > 0 && random.Next(4) == 0)
            {
                ref BlockStarts wrong = ref words[random.Next(words.Length)];
                wrong = random.Next(5) switch
                {
                    0 => wrong with { Offset = wrong.Offset + 16 },
                    1 => wrong with { Offset = words[^1].Offset },
                    2 => wrong with { Offset = random.NextInt64(capacity * 2) & -1024 },
                    3 => wrong with { Offset = -1024 },
                    _ => wrong with { Starts = wrong.Starts | 1UL << random.Next(64) },
                };
            }
            Same(managed.ReleaseStarts(words, out int count), native.ReleaseStarts(words, out int other));
            Assert.Equal(count, other);
            var released = words[..count].SelectMany(word => Enumerable.Range(0, 64)
                .Where(bit => (word.Starts >> bit & 1) != 0).Select(bit => word.Offset + 16 * bit)).ToHashSet();
            _live.RemoveAll(released.Contains);
        }

        private void AllocateVictim()
        {
            long most = random.Next(4) == 0 ? random.Next(-20, 40) : Size();
            HeapStatus status = Same(
                managed.AllocateVictim(most, out HeapRange left), native.AllocateVictim(most, out HeapRange right));
            Assert.Equal(left, right);
            if (status == HeapStatus.Ok) _live.Add(left.Offset);
        }

        private void Split()
        {
            if (_live.Count == 0) return;
            long offset = _live[random.Next(_live.Count)], size = random.Next(8) == 0 ? -1 : Size();
            if (Same(managed.Split(offset, size), native.Split(offset, size)) != HeapStatus.Ok) return;
            Same(managed.UsableSize(offset, out long left), native.UsableSize(offset, out long right));
            Assert.Equal(left, right);
            _live.Add(offset + left);
        }

        private void Resize()
        {
            if (_live.Count == 0) return;
            long offset = _live[random.Next(_live.Count)], size = Size();
            Same(managed.Resize(offset, size), native.Resize(offset, size));
            Same(managed.UsableSize(offset, out long left), native.UsableSize(offset, out long right));
            Assert.Equal(left, right);
        }

        private void Purge()
        {
            long most = random.Next(3) == 0 ? long.MaxValue : random.NextInt64(-5000, 100_000);
            long below = random.NextInt64(-5000, capacity + 5000);
            Assert.Equal(
                (managed.TryPurgeNext(below, most, out HeapRange left), left),
                (native.TryPurgeNext(below, most, out HeapRange right), right));
            if (random.Next(2) == 0)
            {
                HeapRange range = random.Next(8) switch
                {
                    0 => new HeapRange(random.NextInt64(-2, 2) * 4096, random.NextInt64(-2, 2) * 4096),
                    1 => new HeapRange(random.NextInt64(capacity + 5000) / 4096 * 4096, random.NextInt64(capacity + 5000) / 4096 * 4096),
                    _ => left,
                };
                managed.MarkPurged(range);
                native.MarkPurged(range);
                return;
            }
            Assert.Equal(managed.Purge(most), native.Purge(most));
        }

        /// <summary>Offsets and sizes that nobody has.</summary>
        private void Mistake()
        {
            long offset = random.Next(8) switch
            {
                0 => -16,
                1 => long.MinValue,
                2 => long.MaxValue,
                3 => random.NextInt64(capacity + 100),
                _ => random.NextInt64(capacity + 100) / 16 * 16,
            };
            if (!_live.Contains(offset))
            {
                Same(managed.Release(offset), native.Release(offset));
                Same(managed.UsableSize(offset, out long left), native.UsableSize(offset, out long right));
                Assert.Equal(left, right);
                Same(managed.Resize(offset, 1), native.Resize(offset, 1));
                Same(managed.Split(offset, 1), native.Split(offset, 1));
            }
            long size = random.Next(3) switch { 0 => -1, 1 => long.MinValue, _ => HeapOptions.CapacityMax + 1 };
            Same(managed.Allocate(size, 16, out long a), native.Allocate(size, 16, out long b));
            Assert.Equal((0, 0), (a, b));
            long alignment = random.Next(5) switch { 0 => 0, 1 => 48, 2 => -16, 3 => long.MinValue, _ => 1L << 36 };
            Same(managed.Allocate(16, alignment, out a), native.Allocate(16, alignment, out b));
            Assert.Equal((0, 0), (a, b));
            size = HeapOptions.CapacityMax;
            Same(managed.Allocate(size, 1L << 35, out a), native.Allocate(size, 1L << 35, out b));
        }

        private long Size() => _sizes switch
        {
            0 => random.Next(17),
            1 => random.Next(257),
            2 => random.Next(640 * 2),
            3 => random.Next((int)Math.Min(capacity, 100_000)),
            _ => random.NextInt64(1L << random.Next(1, BitOperations.Log2((ulong)capacity) + 1)),
        };

        private static HeapStatus Same(HeapStatus left, HeapStatus right)
        {
            Assert.Equal(left, right);
            return left;
        }
    }

    /// <summary>Refuses one Commit in four, but not the first, and one Purge in eight, and remembers what it was
    /// asked.</summary>
    private sealed class World(int seed) : IHeapOutside
    {
        private readonly Random _random = new(seed);

        internal (string What, long Offset, long Length, int Before) LastCall { get; private set; }

        internal int Calls { get; private set; }

        public bool Commit(long offset, long length)
        {
            Note("commit", offset, length);
            return Calls == 1 || _random.Next(4) != 0;
        }

        public bool Purge(long offset, long length)
        {
            Note("purge", offset, length);
            return _random.Next(8) != 0;
        }

        public void Zero(long offset, long length) => Note("zero", offset, length);

        /// <summary>The last call, and in Before a sum of all that came before it.</summary>
        private void Note(string what, long offset, long length)
        {
            LastCall = (what, offset, length, LastCall.GetHashCode());
            Calls++;
        }
    }

    private sealed class ThrowingWorld : IHeapOutside
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
