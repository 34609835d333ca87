using System.Buffers;

namespace Defragger.Memory;

/// <summary>One block of a <see cref="DefragHeap"/>, owned by who rented it.</summary>
/// <remarks>
/// <para>Always true: the block is returned once, when it has been disposed of and no pin is left, whichever comes last. All
/// fields change under the heap's lock.</para>
/// <para>No finalizer: one that freed the block would free it under a span that is still in use, since a span into native
/// memory does not keep its owner alive (rule CA2015). A forgotten Dispose is a block too many in the statistics, not
/// another's bytes.</para>
/// <para>A new owner for each rent, never a pooled one: a pooled owner would serve its next tenant through the references of
/// the last, so that a second Dispose freed another's block. Nor is there anything to gain: <c>./defrag bench core</c> has
/// 78 ns for the work of a rent with a new owner (32 bytes, gone with the youngest generation), 82 ns with one from an
/// ObjectPool, and 103 ns with an owner that has a finalizer (2 cores of an AMD EPYC, .NET 10).</para>
/// </remarks>
internal sealed unsafe class HeapBlock : MemoryManager<byte>
{
    private readonly DefragHeap _heap;
    private readonly byte* _address;
    private readonly int _length;

    private int _pins;
    private bool _isDisposed, _isReturned;

    internal HeapBlock(DefragHeap heap, long offset, byte* address, int length)
    {
        _heap = heap;
        Offset = offset;
        _address = address;
        _length = length;
    }

    /// <summary>Where it lies in the arena.</summary>
    internal long Offset { get; }

    /// <inheritdoc/>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(IMemoryOwner<byte>));
        return new Span<byte>(_address, _length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        if ((uint)elementIndex > (uint)_length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(elementIndex), elementIndex, $"The block has {_length} bytes.");
        }
        lock (_heap.Gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(IMemoryOwner<byte>));
            _pins++;
        }
        return new MemoryHandle(_address + elementIndex, pinnable: this);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        lock (_heap.Gate)
        {
            if (_pins > 0) _pins--; // a copy of a handle can be disposed of a second time
            if (_isDisposed && _pins == 0) Return();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (_heap.Gate)
        {
            _isDisposed = true;
            if (_pins == 0) Return();
        }
    }

    private void Return()
    {
        if (_isReturned) return;
        _isReturned = true;
        _heap.Return(this, new Span<byte>(_address, _length));
    }
}
