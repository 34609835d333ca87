using System.Buffers.Binary;

namespace Defragger.Traces;

/// <summary>Where the records of a piece are in the file, and the value of the counter that they go on from.</summary>
internal readonly record struct RecordingPiece(long Offset, int Length, ulong Stamp);

/// <summary>The file of a recording: its head, and which pieces of which threads there are.</summary>
internal sealed class RecordingFile : IDisposable
{
    private const int HeadLength = 24, FirstRegion = 4096, RegionLength = 64 * 1024, PieceHeadLength = 16, PieceAlignment = 8;
    private const ushort Version = 2;
    private const uint Order = 0x01020304;

    private readonly FileStream _file;
    private readonly bool _isBigEndian;
    private readonly SortedDictionary<uint, RecordedThread> _threads = [];

    public RecordingFile(string path)
    {
        _file = File.OpenRead(path);
        try
        {
            (_isBigEndian, Process) = ReadHead();
            FindPieces();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The id of the process that was recorded.</summary>
    public uint Process { get; }

    public IReadOnlyCollection<RecordedThread> Threads => _threads.Values;

    public byte[] Read(RecordingPiece piece)
    {
        byte[] bytes = new byte[piece.Length];
        _file.Position = piece.Offset;
        _file.ReadExactly(bytes);
        return bytes;
    }

    public InvalidDataException Damage(string what) => new($"'{_file.Name}' is no sound recording: {what}.");

    public void Dispose() => _file.Dispose();

    private (bool IsBigEndian, uint Process) ReadHead()
    {
        Span<byte> head = stackalloc byte[HeadLength];
        if (_file.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false) < HeadLength || !head.StartsWith("dfrecord"u8))
            throw Damage("it does not begin with 'dfrecord'");
        bool isBigEndian = BinaryPrimitives.ReadUInt32BigEndian(head[8..]) == Order;
        if (!isBigEndian && BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) != Order) throw Damage("its byte order is unknown");
        ushort version = Half(head[12..], isBigEndian), granule = Half(head[14..], isBigEndian);
        if (version != Version || granule != Trace.GranuleSize)
            throw Damage($"its version is {version} with granules of {granule} bytes; known is {Version} with {Trace.GranuleSize}");
        return (isBigEndian, Word(head[16..], isBigEndian));
    }

    // A region that is not whole is the last of a file that was cut: the recording ends before it.
    private void FindPieces()
    {
        byte[] region = new byte[RegionLength];
        for (long start = FirstRegion; start + RegionLength <= _file.Length; start += RegionLength)
        {
            _file.Position = start;
            _file.ReadExactly(region);
            FindPieces(region, start);
        }
    }

    private void FindPieces(byte[] region, long start)
    {
        for (int at = 0; at + PieceHeadLength <= RegionLength;)
        {
            ReadOnlySpan<byte> head = region.AsSpan(at, PieceHeadLength);
            uint number = Word(head, _isBigEndian), length = Word(head[4..], _isBigEndian);
            if (number == 0) return; // zeros: the region's end
            at += PieceHeadLength;
            if (length > RegionLength - at) throw Damage($"it has a piece of {length} bytes at byte {start + at - PieceHeadLength}");
            if (!_threads.TryGetValue(number, out RecordedThread? thread))
                _threads.Add(number, thread = new RecordedThread(this, number));
            ulong stamp = _isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(head[8..]) : BinaryPrimitives.ReadUInt64LittleEndian(head[8..]);
            if (length > 0) thread.Add(new RecordingPiece(start + at, (int)length, stamp));
            at += ((int)length + PieceAlignment - 1) / PieceAlignment * PieceAlignment;
        }
    }

    private static ushort Half(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint Word(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
