using System.Buffers;
using System.Globalization;
using Defragger.Memory;
using Defragger.Views;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Memory;

/// <summary>Blocks of native memory: their bytes are their own, and go where they should when they are disposed of.</summary>
public sealed class DefragHeapTests
{
    private const int Page = 4096, Size = 1 << 20;

    private static readonly DefragHeapOptions s_never = new() { DirtyLimit = long.MaxValue };

    /// <summary>The heap in C, and the one that takes its place.</summary>
    public static TheoryData<bool> Cores => [false, true];

    private static DefragHeap Open(bool isManaged, long capacity = 64 << 20, DefragHeapOptions? options = null) =>
        new(capacity, options ?? s_never, isManaged);

    [Fact]
    public void A_heap_is_the_native_one_where_the_library_is()
    {
        using var heap = new DefragHeap(Size);
        Assert.True(heap.IsNative);
    }

    [Property(MaxTest = 200)]
    public Property Blocks_keep_their_bytes_whatever_else_is_rented_and_returned(bool isManaged, byte limit)
    {
        Gen<(int, int, int)> step =
            from slot in Gen.Choose(0, 15)
            from size in Gen.Choose(0, 20_000)
            from shift in Gen.Choose(0, 12)
            select (slot, size, shift);
        return Prop.ForAll(step.ArrayOf().ToArbitrary(), steps =>
        {
            using DefragHeap heap = Open(isManaged, Size, new DefragHeapOptions { Growth = Page, DirtyLimit = limit * 1024L });
            var blocks = new Block?[16];
            foreach ((int slot, int size, int shift) in steps)
            {
                if (blocks[slot] is { } block)
                {
                    block.AssertContent();
                    block.Owner.Dispose();
                    blocks[slot] = null;
                    Assert.InRange(heap.Statistics.DirtyFree, 0, limit * 1024L);
                }
                else
                {
                    blocks[slot] = new Block(heap.Rent(size, 1 << shift), size, 1 << shift);
                }
                Assert.Equal(blocks.Count(one => one != null), heap.Statistics.LiveBlocks);
                Assert.Equal(blocks.Sum(one => one?.Occupied ?? 0), heap.Statistics.Live);
            }
            foreach (Block? block in blocks) block?.AssertContent();
            foreach (Block? block in blocks) block?.Owner.Dispose();
            Assert.Equal(0, heap.Statistics.LiveBlocks);
        });
    }

    [Theory]
    [MemberData(nameof(Cores))]
    public void Both_cores_give_the_same_picture(bool isManaged)
    {
        using DefragHeap heap = Open(isManaged, Size);
        using IMemoryOwner<byte> first = heap.Rent(100), second = heap.Rent(5000, 64);
        first.Dispose();
        HeapSnapshot picture = heap.Snapshot();
        Assert.Equal(heap.Statistics, picture.Statistics);
        HeapItem block = Assert.Single(picture.Items, item => item.Live);
        Assert.Equal(new HeapItem(128, 5008, true), block);
    }

    [Theory]
    [MemberData(nameof(Cores))]
    public void Every_alignment_up_to_the_largest_is_kept(bool isManaged)
    {
        using DefragHeap heap = Open(isManaged);
        for (int alignment = 1; alignment <= DefragHeap.MaxAlignment; alignment *= 2)
        {
            using IMemoryOwner<byte> owner = heap.Rent(17, alignment);
            Assert.Equal(0, Addresses.Of(owner) % Math.Max(16, alignment));
        }
    }

    [Theory]
    [MemberData(nameof(Cores))]
    public async Task Threads_do_not_see_each_others_bytes(bool isManaged)
    {
        using DefragHeap heap = Open(isManaged, options: new DefragHeapOptions { DirtyLimit = 256 << 10 });
        await Task.WhenAll(Enumerable.Range(1, 4).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            var blocks = new Block?[64];
            for (int step = 0; step < 20_000; step++)
            {
                int slot = random.Next(blocks.Length), size = random.Next(step % 50 == 0 ? 60_000 : 600);
                blocks[slot]?.AssertContent();
                blocks[slot]?.Owner.Dispose();
                blocks[slot] = new Block(heap.Rent(size), size, 16);
                if (step % 5000 == 0) heap.Trim();
            }
            foreach (Block? block in blocks)
            {
                block?.AssertContent();
                block?.Owner.Dispose();
            }
        })));
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    [Fact]
    public async Task Of_many_threads_that_dispose_of_one_owner_one_returns_the_block()
    {
        using DefragHeap heap = Open(isManaged: false);
        for (int round = 0; round < 200; round++)
        {
            IMemoryOwner<byte> owner = heap.Rent(100);
            using var start = new Barrier(4);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                start.SignalAndWait();
                owner.Dispose();
            })));
            Assert.Equal(0, heap.Statistics.LiveBlocks);
        }
    }

    [Fact]
    public void A_second_Dispose_does_not_return_the_block_of_the_next_owner()
    {
        using DefragHeap heap = Open(isManaged: false);
        IMemoryOwner<byte> first = heap.Rent(48);
        nint place = Addresses.Of(first);
        first.Dispose();
        using IMemoryOwner<byte> second = heap.Rent(48);
        Assert.Equal(place, Addresses.Of(second));
        first.Dispose();
        Assert.Equal(1, heap.Statistics.LiveBlocks);
    }

    [Fact]
    public void What_was_disposed_of_cannot_be_used()
    {
        DefragHeap heap = Open(isManaged: false);
        IMemoryOwner<byte> owner = heap.Rent(48);
        Memory<byte> memory = owner.Memory;
        owner.Dispose();
        Assert.Throws<ObjectDisposedException>(() => owner.Memory);
        Assert.Throws<ObjectDisposedException>(() => memory.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => memory.Pin());
        heap.Dispose();
        heap.Dispose();
        Assert.Throws<ObjectDisposedException>(() => heap.Rent(1));
        Assert.Throws<ObjectDisposedException>(() => heap.RentZeroed(1));
        Assert.Throws<ObjectDisposedException>(() => heap.TryRent(1, out _));
        Assert.Throws<ObjectDisposedException>(() => heap.Trim());
        Assert.Throws<ObjectDisposedException>(() => heap.Statistics);
        Assert.Throws<ObjectDisposedException>(() => heap.Snapshot());
    }

    [Theory]
    [MemberData(nameof(Cores))]
    public void Blocks_outlive_their_heap_and_the_last_takes_the_arena_along(bool isManaged)
    {
        DefragHeap heap = Open(isManaged, Size);
        (nint place, long length) = (heap.Address, heap.Capacity);
        Block first = new(heap.Rent(100), 100, 16), second = new(heap.Rent(50_000), 50_000, 16);
        var gone = new Block(heap.Rent(50_000), 50_000, 16);
        gone.Owner.Dispose();
        heap.Dispose();
        Assert.InRange(Addresses.Resident(place, length), 50_000, 50_000 + 2 * Page);
        first.AssertContent();
        first.Owner.Dispose();
        second.AssertContent();
        Assert.True(heap.IsMapped);
        second.Owner.Dispose();
        Assert.False(heap.IsMapped);
        second.Owner.Dispose();
    }

    [Fact]
    public void A_pinned_block_goes_back_with_its_last_pin()
    {
        using DefragHeap heap = Open(isManaged: false);
        IMemoryOwner<byte> owner = heap.Rent(100);
        MemoryHandle one = owner.Memory.Pin(), two = owner.Memory[40..].Pin();
        Assert.True(Addresses.IsPinned(one, Addresses.Of(owner)));
        Assert.True(Addresses.IsPinned(two, Addresses.Of(owner) + 40));
        owner.Dispose();
        one.Dispose();
        one.Dispose();
        Assert.Equal(1, heap.Statistics.LiveBlocks);
        two.Dispose();
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    [Theory]
    [MemberData(nameof(Cores))]
    public void Trim_gives_back_what_it_says(bool isManaged)
    {
        using DefragHeap heap = Open(isManaged);
        Block[] blocks = [.. Enumerable.Range(0, 512).Select(_ => new Block(heap.Rent(32 << 10), 32 << 10, 16))];
        long full = Addresses.Resident(heap.Address, heap.Capacity);
        Assert.InRange(full, 512 * (32 << 10), heap.Capacity);
        for (int block = 0; block < blocks.Length; block++)
            if (block % 8 != 0) blocks[block].Owner.Dispose();
        long dirty = heap.Statistics.DirtyFree;
        Assert.Equal(dirty, heap.Trim());
        Assert.InRange(Addresses.Resident(heap.Address, heap.Capacity), 0, full - dirty);
        Assert.Equal(0, heap.Statistics.DirtyFree);
        Assert.Equal(0, heap.Trim());
        for (int block = 0; block < blocks.Length; block += 8) blocks[block].AssertContent();
    }

    [Fact]
    public void A_release_above_the_limit_gives_back_down_to_half_of_it()
    {
        const long limit = 1 << 20;
        using DefragHeap heap = Open(isManaged: false, options: new DefragHeapOptions { DirtyLimit = limit });
        IMemoryOwner<byte>[] owners = [.. Enumerable.Range(0, 300).Select(_ => heap.Rent(Page))];
        long most = 0, before = 0;
        foreach (IMemoryOwner<byte> owner in owners)
        {
            owner.Memory.Span.Fill(1);
            owner.Dispose();
            long dirty = heap.Statistics.DirtyFree;
            if (dirty < before) Assert.Equal(limit / 2, dirty);
            (most, before) = (Math.Max(most, dirty), dirty);
        }
        Assert.Equal(limit, most);
        Assert.True(before < limit);
    }

    [Theory]
    [MemberData(nameof(Cores))]
    public void A_zeroed_block_is_zero_on_fresh_used_and_trimmed_pages(bool isManaged)
    {
        using DefragHeap heap = Open(isManaged, Size);
        for (int round = 0; round < 3; round++)
        {
            using IMemoryOwner<byte> owner = heap.RentZeroed(300_000);
            Assert.False(owner.Memory.Span.ContainsAnyExcept((byte)0));
            owner.Memory.Span.Fill(0xAA);
            owner.Dispose();
            if (round == 1) heap.Trim();
        }
    }

    [Fact]
    public void A_block_is_cleared_on_its_return_where_that_is_asked_for()
    {
        foreach (bool clears in new[] { true, false })
        {
            using DefragHeap heap = Open(isManaged: false, options: new DefragHeapOptions { ClearOnReturn = clears });
            IMemoryOwner<byte> first = heap.Rent(1000);
            first.Memory.Span.Fill(0xAA);
            first.Dispose();
            using IMemoryOwner<byte> second = heap.Rent(1000);
            Assert.Equal(clears ? 0 : 0xAA, second.Memory.Span[500]);
        }
    }

    [Theory]
    [MemberData(nameof(Cores))]
    public void A_full_heap_says_what_is_in_it(bool isManaged)
    {
        using DefragHeap heap = Open(isManaged, 10 * Page);
        using IMemoryOwner<byte> most = heap.Rent(9 * Page);
        Assert.False(heap.TryRent(2 * Page, out IMemoryOwner<byte>? none));
        Assert.Null(none);
        var full = Assert.Throws<InsufficientMemoryException>(() => heap.Rent(2 * Page, 64));
        Assert.Equal(
            "The heap has no room for 8,192 bytes aligned to 64: of 40,960 bytes 36,864 are live, 0 not committed, "
            + "and the longest free run is of 4,096.", full.Message);
        Assert.Throws<InsufficientMemoryException>(() => heap.RentZeroed(2 * Page));
        Assert.True(heap.TryRent(Page, out IMemoryOwner<byte>? rest));
        rest.Dispose();
    }

    [Fact]
    public void A_large_arena_occupies_what_is_used_of_it()
    {
        using var heap = new DefragHeap(16L << 30);
        using IMemoryOwner<byte> owner = heap.Rent(Page);
        owner.Memory.Span.Fill(1);
        Assert.Equal(1 << 20, heap.Statistics.Committed);
        Assert.InRange(Addresses.Resident(heap.Address, 1 << 20), 1, 4 * Page);
    }

    [Fact]
    public void A_capacity_is_rounded_up_to_whole_pages()
    {
        using var heap = new DefragHeap(1, new DefragHeapOptions { Growth = 0 });
        Assert.Equal(Environment.SystemPageSize, heap.Capacity);
        Assert.Equal(Environment.SystemPageSize, heap.Statistics.Committed);
    }

    [Theory]
    [InlineData(0L, "capacity")]
    [InlineData(-5L, "capacity")]
    [InlineData(64L << 30, "capacity")]
    [InlineData(long.MaxValue, "capacity")]
    public void A_capacity_that_cannot_be_is_told(long capacity, string name) =>
        AssertTold(name, capacity, () => new DefragHeap(capacity).Dispose());

    [Fact]
    public void An_argument_that_cannot_be_is_told()
    {
        AssertTold("options", -7L, () => new DefragHeap(Size, new DefragHeapOptions { Growth = -7 }).Dispose());
        AssertTold("options", -8L, () => new DefragHeap(Size, new DefragHeapOptions { DirtyLimit = -8 }).Dispose());
        using var heap = new DefragHeap(Size);
        AssertTold("size", -1L, () => heap.Rent(-1));
        AssertTold("size", -2L, () => heap.RentZeroed(-2));
        AssertTold("size", int.MinValue, () => heap.TryRent(int.MinValue, out _));
        foreach (int alignment in new[] { 0, -16, 48, int.MinValue, 2 * DefragHeap.MaxAlignment })
            AssertTold("alignment", alignment, () => heap.Rent(1, alignment));
        using IMemoryOwner<byte> owner = heap.Rent(10);
        var manager = (MemoryManager<byte>)owner;
        AssertTold("elementIndex", 11L, () => manager.Pin(11));
        AssertTold("elementIndex", -1L, () => manager.Pin(-1));
    }

    private static void AssertTold(string name, long value, Action call)
    {
        var told = Assert.Throws<ArgumentOutOfRangeException>(call);
        Assert.Equal(name, told.ParamName);
        Assert.Contains(value.ToString(CultureInfo.InvariantCulture), told.Message, StringComparison.Ordinal);
    }

    /// <summary>A block with a pattern of its own in it.</summary>
    private sealed class Block
    {
        private static int s_seed;

        private readonly int _seed = Interlocked.Increment(ref s_seed);
        private readonly byte[] _content;

        internal Block(IMemoryOwner<byte> owner, int size, int alignment)
        {
            Owner = owner;
            Assert.Equal(size, owner.Memory.Length);
            Assert.Equal(0, Addresses.Of(owner) % alignment);
            _content = new byte[size];
            new Random(_seed).NextBytes(_content);
            _content.CopyTo(owner.Memory.Span);
        }

        internal IMemoryOwner<byte> Owner { get; }

        internal long Occupied => Math.Max(16, (_content.Length + 15) & ~15);

        internal void AssertContent() => Assert.True(_content.AsSpan().SequenceEqual(Owner.Memory.Span), $"block {_seed}");
    }
}
