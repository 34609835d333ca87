namespace Defragger.Traces;

/// <summary>The events of one thread of a recording, in their order: its pieces, one after another, one of them in memory
/// at a time.</summary>
/// <remarks>lib/Defragger.Native/src/malloc/record.h describes the bytes.</remarks>
internal sealed class RecordedThread(RecordingFile file, uint number)
{
    private const int KindBits = 3, KindMask = (1 << KindBits) - 1, Skip = 5, NoCode = 0, Places = 32;

    private readonly Queue<RecordingPiece> _pieces = new();
    private byte[] _bytes = [];
    private int _at;
    private readonly ulong[] _sizes = new ulong[Places], _addresses = new ulong[Places];
    private ulong _counter, _granule; // of the next record if nothing is skipped; the last
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
            Array.Clear(_sizes);
            Array.Clear(_addresses);
        }
        next = Read();
        return true;
    }

    private RecordedEvent Read()
    {
        byte head = Byte();
        if ((head & KindMask) == Skip)
        {
            _counter += head >> KindBits != NoCode ? (ulong)(head >> KindBits) : Unsigned();
            head = Byte();
        }
        int code = head >> KindBits;
        switch (head & KindMask)
        {
            case 0:
                AddressGot();
                return Got(RecordedEventKind.Allocate, Size(code), Operation.DefaultAlignment);
            case 1:
                AddressGot();
                return Got(RecordedEventKind.AllocateZeroed, Size(code), Operation.DefaultAlignment);
            case 2:
                AddressGot();
                long size = Size(code);
                byte power = Byte();
                // No heap of ours is asked for more than a trace can say; the block is as large all the same.
                return Got(RecordedEventKind.Allocate, size, power > 30 ? Operation.LargestAlignment : 1L << power);
            case 3:
                if (code != NoCode) _granule = _addresses[code];
                else Address();
                RecordedEvent released = GaveUp(RecordedEventKind.Release);
                _counter++;
                return released;
            case 4:
                Address();
                RecordedEvent left = GaveUp(RecordedEventKind.Leave);
                AddressGot();
                _counter += Unsigned();
                _arrival = Got(RecordedEventKind.Arrive, Size(code), 0);
                return left;
            default:
                throw file.Damage($"thread {number} has a record of the unknown kind {head & KindMask}");
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

    private void AddressGot()
    {
        Address();
        _addresses[Place(_granule)] = _granule;
    }

    private long Size(int code)
    {
        ulong size = code != NoCode ? _sizes[code] : Unsigned();
        _sizes[Place(size)] = size;
        return size <= Operation.LargestSize ? (long)size : throw file.Damage($"thread {number} has a block of {size} bytes");
    }

    // Of a table of 32: the highest five bits of the product, as RECORD_HASH has it.
    private static int Place(ulong value) => (int)(value * 0x9E3779B97F4A7C15 >> 59);

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
