using System.Buffers;
using System.Numerics;

namespace Defragger.Comparers;

/// <summary>Keys of one side that were read ahead and not settled yet: a ring that reads on when it is asked.</summary>
/// <remarks>
/// Invariants:
/// 1. Key 0 is the first record that is neither counted as equal nor as a difference.
/// 2. The reader stands behind the last key held; when the window is empty it stands at record 0.
/// 3. At most limit + 1 keys are held, one more than a gap spans, to confirm its end.
///
/// The ring has its full size from the start (24 MiB with the offsets, at <see cref="DefaultLimit"/>), but the kernel gives a page
/// only when it is touched, and an empty ring starts again at its first page: usual gaps touch 4 KiB. A ring that
/// grows by copying was tried first: with the pool keeping each outgrown array it held twice as much.
/// </remarks>
internal sealed class KeyWindow : IDisposable
{
    /// <summary>Records of one side that one gap may span; one less than a power of two, for invariant 3.</summary>
    public const int DefaultLimit = (1 << 20) - 1;

    private readonly UInt128[] _ring;
    private readonly long[] _offsets; // of the records whose keys the ring holds
    private readonly int _mask;
    private int _head;
    private bool _ended;

    public KeyWindow(RecordReader reader, int limit)
    {
        Reader = reader;
        Capacity = (int)BitOperations.RoundUpToPowerOf2((uint)limit + 1);
        _ring = ArrayPool<UInt128>.Shared.Rent(Capacity);
        _offsets = ArrayPool<long>.Shared.Rent(Capacity);
        _mask = Capacity - 1;
    }

    public RecordReader Reader { get; }

    public int Capacity { get; }

    public int Count { get; private set; }

    public UInt128 this[int index] => _ring[(_head + index) & _mask];

    /// <summary>Where in its file a record begins that is held.</summary>
    public long OffsetOf(int index) => _offsets[(_head + index) & _mask];

    /// <summary>The key of a record ahead; false when the file ends before it.</summary>
    public bool TryPeek(int index, out UInt128 key)
    {
        while (index >= Count)
        {
            if (_ended || !Reader.TryRead(out UInt128 next))
            {
                _ended = true;
                key = default;
                return false;
            }

            _ring[(_head + Count) & _mask] = next;
            _offsets[(_head + Count) & _mask] = Reader.Offset;
            Count++;
        }

        key = this[index];
        return true;
    }

    /// <summary>Settles the first records.</summary>
    public void Drop(int count)
    {
        Count -= count;
        _head = Count == 0 ? 0 : (_head + count) & _mask;
    }

    public void Dispose()
    {
        ArrayPool<UInt128>.Shared.Return(_ring);
        ArrayPool<long>.Shared.Return(_offsets);
    }
}
