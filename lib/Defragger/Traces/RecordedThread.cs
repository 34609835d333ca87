namespace Defragger.Traces;

/// <summary>The events of one thread of a recording, in their order: its pieces, one after another, one of them in memory
/// at a time.</summary>
/// <remarks>lib/Defragger.Native/src/malloc/record.h describes the bytes.</remarks>
internal sealed class RecordedThread(RecordingFile file, uint number)
{
    private const int KindBits = 3, RiseMost = 31;

    private readonly Queue<RecordingPiece> _pieces = new();
    private byte[] _bytes = [];
    private int _at;
    private ulong _counter, _granule;
    private RecordedEvent? _arrival;

    /// <summary>Counted from 1.</summary>
    public uint Number => number;

    /// <summary>The slot of a block that has left and not arrived yet; null: it is not known where it came from.</summary>
    public int? InFlight { get; set; }

    /// <summary>Adds the piece that follows.</summary>
    public void Add(RecordingPiece piece) => _pieces.Enqueue(piece);

    /// <summary>The next event.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="InvalidDataException">A piece is damaged.</exception>
    public bool TryRead(out RecordedEvent next)
    {
        if (_arrival is RecordedEvent arrival)
        {
            (next, _arrival) = (arrival, null);
            return true;
        }
        while (_at == _bytes.Length)
        {
            next = default;
            if (!_pieces.TryDequeue(out RecordingPiece piece)) return false;
            (_bytes, _at, _counter, _granule) = (file.Read(piece), 0, piece.Stamp, 0);
        }
        next = Read();
        return true;
    }

    private RecordedEvent Read()
    {
        byte head = Byte();
        ulong rise = (ulong)(head >> KindBits);
        _counter += rise < RiseMost ? rise : Unsigned();
        Address();
        switch (head & ((1 << KindBits) - 1))
        {
            case 0:
                return Got(RecordedEventKind.Allocate, Size(), Operation.DefaultAlignment);
            case 1:
                return Got(RecordedEventKind.AllocateZeroed, Size(), Operation.DefaultAlignment);
            case 2:
                long size = Size();
                byte power = Byte();
                // No heap of ours is asked for more than a trace can say; the block is as large all the same.
                return Got(RecordedEventKind.Allocate, size, power > 30 ? Operation.LargestAlignment : 1L << power);
            case 3:
                return GaveUp(RecordedEventKind.Release);
            case 4:
                RecordedEvent left = GaveUp(RecordedEventKind.Leave);
                Address();
                _counter += Unsigned();
                _arrival = Got(RecordedEventKind.Arrive, Size(), 0);
                return left;
            default:
                throw file.Damage($"thread {number} has a record of the unknown kind {head & ((1 << KindBits) - 1)}");
        }
    }

    private RecordedEvent Got(RecordedEventKind kind, long size, long alignment) =>
        new(kind, 2 * _counter, _granule, size, alignment);

    private RecordedEvent GaveUp(RecordedEventKind kind) => new(kind, 2 * _counter + 1, _granule, 0, 0);

    private void Address()
    {
        ulong zigzag = Unsigned();
        _granule += (zigzag >> 1) ^ (0 - (zigzag & 1));
    }

    private long Size()
    {
        ulong size = Unsigned();
        return size <= Operation.LargestSize ? (long)size : throw file.Damage($"thread {number} has a block of {size} bytes");
    }

    private ulong Unsigned()
    {
        ulong number = 0;
        byte one;
        int shift = 0;
        do
        {
            one = Byte();
            number |= (ulong)(one & 0x7f) << shift;
            shift += 7;
        }
        while (one > 0x7f && shift < 64);
        return number;
    }

    private byte Byte() => _at < _bytes.Length ? _bytes[_at++] : throw file.Damage($"a piece of thread {number} ends within a record");
}
