using System.Buffers;
using System.Runtime.InteropServices;
using Defragger.Memory;
using Xunit;

namespace Defragger.Tests.Memory;

/// <summary>What users of a MemoryPool rely on.</summary>
public sealed class DefragMemoryPoolTests : IDisposable
{
    private readonly DefragHeap _heap = new(1 << 20);

    public void Dispose() => _heap.Dispose();

    [Fact]
    public void A_buffer_has_the_size_that_was_asked_for_or_4096_bytes()
    {
        using var pool = new DefragMemoryPool(_heap, ownsHeap: true);
        foreach (int size in new[] { 0, 1, 100, 4096, 100_000, 1 << 20 })
        {
            using IMemoryOwner<byte> owner = pool.Rent(size);
            Assert.Equal(size, owner.Memory.Length);
        }
        using IMemoryOwner<byte> usual = pool.Rent();
        Assert.Equal(4096, usual.Memory.Length);
    }

    [Fact]
    public void Slices_and_pins_show_the_same_bytes()
    {
        using var pool = new DefragMemoryPool(_heap, ownsHeap: true);
        using IMemoryOwner<byte> owner = pool.Rent(1000);
        Memory<byte> slice = owner.Memory.Slice(100, 50);
        slice.Span.Fill(7);
        Assert.Equal(7, owner.Memory.Span[149]);
        using MemoryHandle pin = slice.Pin();
        Assert.True(Addresses.IsPinned(pin, Addresses.Of(owner) + 100));
        Assert.Equal(7, Marshal.ReadByte(Addresses.Of(slice.Span), 49));
        Assert.False(MemoryMarshal.TryGetArray<byte>(slice, out _));
        Assert.True(MemoryMarshal.TryGetMemoryManager<byte, MemoryManager<byte>>(
            slice, out MemoryManager<byte>? manager, out int start, out int length));
        Assert.Same(owner, manager);
        Assert.Equal((100, 50), (start, length));
    }

    [Fact]
    public void A_buffer_holds_what_a_stream_reads_into_it()
    {
        using var pool = new DefragMemoryPool(_heap, ownsHeap: true);
        using IMemoryOwner<byte> owner = pool.Rent(100);
        using var stream = new MemoryStream([.. Enumerable.Range(0, 100).Select(value => (byte)value)]);
        Assert.Equal(100, stream.Read(owner.Memory.Span));
        Assert.Equal(stream.ToArray(), owner.Memory.ToArray());
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(int.MinValue)]
    [InlineData((1 << 20) + 1)]
    public void A_size_out_of_range_is_told(int size)
    {
        using var pool = new DefragMemoryPool(_heap, ownsHeap: true);
        Assert.Equal(1 << 20, pool.MaxBufferSize);
        var told = Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(size));
        Assert.Equal(("minBufferSize", size), (told.ParamName, told.ActualValue));
    }

    [Fact]
    public void A_pool_on_a_large_heap_has_buffers_of_up_to_2_GiB()
    {
        using var pool = new DefragMemoryPool(new DefragHeap(8L << 30), ownsHeap: true);
        Assert.Equal(int.MaxValue, pool.MaxBufferSize);
        using IMemoryOwner<byte> owner = pool.Rent(pool.MaxBufferSize);
        owner.Memory.Span[^1] = 1;
    }

    [Fact]
    public void A_pool_that_was_disposed_of_rents_nothing_and_its_buffers_stay()
    {
        var pool = new DefragMemoryPool(_heap, ownsHeap: true);
        IMemoryOwner<byte> owner = pool.Rent(100);
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Rent(1));
        Assert.Throws<ObjectDisposedException>(() => _heap.Statistics);
        owner.Memory.Span.Fill(3);
        owner.Dispose();
        owner.Dispose();
        Assert.Throws<ObjectDisposedException>(() => owner.Memory);
    }

    [Fact]
    public void A_pool_leaves_a_heap_that_it_does_not_own()
    {
        new DefragMemoryPool(_heap).Dispose();
        using IMemoryOwner<byte> owner = _heap.Rent(1);
        _heap.Dispose();
        Assert.Throws<ArgumentNullException>(() => new DefragMemoryPool(null!));
    }
}
