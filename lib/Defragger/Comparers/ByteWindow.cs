using System.Buffers;

namespace Defragger.Comparers;

/// <summary>A sliding view of a file: the bytes that were read and not consumed yet, in one piece.</summary>
/// <remarks>
/// Layout of the buffer: [ consumed | unread | free ], with _start and _end as the two borders.
///
/// Invariants:
/// 1. 0 &lt;= _start &lt;= _end &lt;= buffer length; the byte at _end is the file's byte _next.
/// 2. <see cref="Position"/> is the file offset of the first unread byte.
/// 3. The buffer grows only when one token or record fills it, by doubling, and never over the maximum:
///    memory follows the largest record, not the file.
/// 4. The first buffer comes from the pool and goes back to it; if nobody disposes, the collector takes it. Larger ones
///    are rare and not pooled: the pool would keep every size that was outgrown.
/// </remarks>
internal sealed class ByteWindow : IDisposable
{
    /// <summary>Two windows and what is derived from them stay within a second-level cache of 1 MiB.</summary>
    public const int DefaultSize = 256 * 1024;

    /// <summary>The longest single token, line or record that is held in one piece.</summary>
    public const int MaximumSize = 64 * 1024 * 1024;

    private readonly SourceFile _file;
    private readonly int _readLimit;
    private readonly byte[] _pooled;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private long _next;

    /// <param name="file">The file; it stays the caller's.</param>
    /// <param name="size">Bytes asked for in one read. Tests cut records at every place by asking for few.</param>
    public ByteWindow(SourceFile file, int size = DefaultSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        _file = file;
        _readLimit = size;
        _pooled = ArrayPool<byte>.Shared.Rent(size);
        _buffer = _pooled;
    }

    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    public long Position => _next - (_end - _start);

    public SourceFile File => _file;

    public void Consume(int count) => _start += count;

    /// <summary>Reads more behind the unread bytes; false at the end of the file.</summary>
    public bool Refill()
    {
        MakeRoom();
        // At least as much as there is: what waits for the rest of a long token is scanned again each time.
        int room = Math.Min(_buffer.Length - _end, Math.Max(_readLimit, _end));
        int read = _file.Read(_buffer.AsSpan(_end, room), _next);
        _end += read;
        _next += read;
        return read > 0;
    }

    /// <summary>Goes to another offset; cheap when its bytes are still in the buffer.</summary>
    public void Seek(long position)
    {
        long distance = position - Position;
        if (distance >= -_start && distance <= _end - _start)
        {
            _start += (int)distance;
            return;
        }

        _start = _end = 0;
        _next = position;
    }

    /// <summary>
    /// Passes over a mark of UTF-8 at the start. UTF-16 and UTF-32 are refused by name: read as UTF-8 they would be a
    /// syntax error, and decoded with replacement characters two different files could come out equal.
    /// </summary>
    public void SkipByteOrderMark()
    {
        while (Unread.Length < 4 && Refill())
        {
        }

        if (Unread is [0xEF, 0xBB, 0xBF, ..])
            Consume(3);
        else if (Unread is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [0, 0, 0xFE, 0xFF, ..])
            throw new ComparisonException(_file.Path, "is UTF-16 or UTF-32, and only UTF-8 is read");
    }

    public void Dispose()
    {
        if (_buffer.Length == 0)
            return;
        ArrayPool<byte>.Shared.Return(_pooled);
        _buffer = [];
        _start = _end = 0;
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_start > 0)
        {
            Unread.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        else if (_end == _buffer.Length)
        {
            Grow();
        }
    }

    private void Grow()
    {
        if (_buffer.Length >= MaximumSize)
        {
            string what = $"a token or record of more than {MaximumSize / (1024 * 1024)} MiB starts at byte {Position}";
            throw new ComparisonException(_file.Path, what);
        }

        byte[] larger = GC.AllocateUninitializedArray<byte>(_buffer.Length * 2);
        Unread.CopyTo(larger);
        _buffer = larger;
    }
}
