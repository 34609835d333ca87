using System.IO.Hashing;

namespace Defragger.Comparers;

/// <summary>Lines of a file: up to and with their '\n', or up to the end of the file.</summary>
/// <remarks>
/// The fast path and the only place where most bytes of a large case pass: <see cref="SkipEqual"/> compares the two
/// buffers with one vectorised pass, counts line feeds with another, and never looks at a line by itself.
///
/// Invariants:
/// 1. Between two calls the window stands at the start of a line.
/// 2. The '\n' belongs to the line: a last line without one differs from the same line with one, as in diff(1).
/// 3. '\r' is content. A byte order mark is content.
/// 4. A line longer than the window is hashed in pieces: a text of one line of 10 GB needs no more memory.
/// </remarks>
internal class LineReader : RecordReader
{
    private readonly ByteWindow _window;
    private readonly int _pieceSize;
    private XxHash128? _pieces;
    private long _start; // of the line that was read last

    public LineReader(SourceFile file, int bufferSize = ByteWindow.DefaultSize)
    {
        _window = new ByteWindow(file, bufferSize);
        _pieceSize = bufferSize;
    }

    public sealed override long Offset => _start;

    protected ByteWindow Window => _window;

    /// <summary>Whether <see cref="KeyOf"/> needs a line in one piece, so that an overlong one is an error.</summary>
    protected virtual bool NeedsWholeLine => false;

    public sealed override bool TryRead(out UInt128 key)
    {
        int scanned = 0;
        _start = _window.Position;
        while (true)
        {
            ReadOnlySpan<byte> unread = _window.Unread;
            int newline = unread[scanned..].IndexOf((byte)'\n');
            if (newline >= 0)
                return Take(scanned + newline + 1, out key);
            scanned = unread.Length;
            if (scanned >= _pieceSize && !NeedsWholeLine)
            {
                SetPieceAside(unread);
                scanned = 0;
            }

            if (!_window.Refill())
                return TakeLast(out key);
        }
    }

    public sealed override long SkipEqual(RecordReader other)
    {
        ByteWindow left = _window;
        ByteWindow right = ((LineReader)other)._window;
        long leftLine = left.Position;
        long rightLine = right.Position;
        long lines = 0;
        while (true)
        {
            bool leftHas = !left.Unread.IsEmpty || left.Refill();
            bool rightHas = !right.Unread.IsEmpty || right.Refill();
            int length = Math.Min(left.Unread.Length, right.Unread.Length);
            if (length == 0)
            {
                // Both ended at once, within a line: that line is equal too, although nothing terminates it.
                if (leftHas == rightHas && left.Position > leftLine)
                {
                    lines++;
                    leftLine = left.Position;
                    rightLine = right.Position;
                }

                break;
            }

            int same = left.Unread[..length].CommonPrefixLength(right.Unread[..length]);
            ReadOnlySpan<byte> equal = left.Unread[..same];
            int last = equal.LastIndexOf((byte)'\n');
            if (last >= 0)
            {
                lines += equal[..(last + 1)].Count((byte)'\n');
                leftLine = left.Position + last + 1;
                rightLine = right.Position + last + 1;
            }

            left.Consume(same);
            right.Consume(same);
            if (same < length)
                break;
        }

        left.Seek(leftLine);
        right.Seek(rightLine);
        Count += lines;
        ((LineReader)other).Count += lines;
        return lines;
    }

    public sealed override void Dispose() => _window.Dispose();

    /// <summary>The key of one line; <see cref="RecordReader.Count"/> is its number already, counted from 1.</summary>
    protected virtual UInt128 KeyOf(ReadOnlySpan<byte> line) => XxHash128.HashToUInt128(line);

    private bool Take(int length, out UInt128 key)
    {
        Count++;
        ReadOnlySpan<byte> line = _window.Unread[..length];
        if (_pieces is null)
        {
            key = KeyOf(line);
        }
        else
        {
            _pieces.Append(line);
            key = _pieces.GetCurrentHashAsUInt128();
            _pieces = null;
        }

        _window.Consume(length);
        return true;
    }

    private bool TakeLast(out UInt128 key)
    {
        if (!_window.Unread.IsEmpty || _pieces is not null)
            return Take(_window.Unread.Length, out key);
        key = default;
        return false;
    }

    private void SetPieceAside(ReadOnlySpan<byte> piece)
    {
        _pieces ??= new XxHash128();
        _pieces.Append(piece);
        _window.Consume(piece.Length);
    }
}
