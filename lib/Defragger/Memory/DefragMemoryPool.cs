using System.Buffers;

namespace Defragger.Memory;

/// <summary>A <see cref="MemoryPool{T}"/> whose buffers are blocks of a <see cref="DefragHeap"/>. Linux only.</summary>
/// <remarks>What holds for the heap's blocks holds for the buffers: they are exactly as long as was asked, they stay valid when
/// the pool is disposed of before them, and what is in them at first is not defined.</remarks>
public sealed class DefragMemoryPool : MemoryPool<byte>
{
    /// <summary>Bytes for who does not say how many: what the shared pool gives too.</summary>
    private const int DefaultSize = 4096;

    private readonly DefragHeap _heap;
    private readonly bool _ownsHeap;
    private volatile bool _isDisposed;

    /// <summary>Makes a pool on a heap.</summary>
    /// <param name="heap">Where buffers come from.</param>
    /// <param name="ownsHeap">Whether the heap is disposed of with the pool.</param>
    public DefragMemoryPool(DefragHeap heap, bool ownsHeap = false)
    {
        ArgumentNullException.ThrowIfNull(heap);
        _heap = heap;
        _ownsHeap = ownsHeap;
    }

    /// <summary>The largest buffer: the heap's capacity, as far as a <see cref="Memory{T}"/> can be as long.</summary>
    public override int MaxBufferSize => (int)Math.Min(_heap.Capacity, int.MaxValue);

    /// <summary>Rents a buffer.</summary>
    /// <param name="minBufferSize">Bytes; -1: 4096, or the heap's capacity if that is less.</param>
    /// <returns>The owner, to be disposed of.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The size is less than -1 or more than
    /// <see cref="MaxBufferSize"/>.</exception>
    /// <exception cref="InsufficientMemoryException">The heap is full.</exception>
    /// <exception cref="ObjectDisposedException">The pool or its heap was disposed of.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (minBufferSize < -1 || minBufferSize > MaxBufferSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(minBufferSize), minBufferSize, $"A buffer has from 0 to {MaxBufferSize} bytes; -1 leaves it to the pool.");
        }
        return _heap.Rent(minBufferSize == -1 ? Math.Min(DefaultSize, MaxBufferSize) : minBufferSize);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        if (disposing && _ownsHeap) _heap.Dispose();
    }
}
