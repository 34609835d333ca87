using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Defragger.Comparers;

namespace Defragger.Diff;

/// <summary>The lines of a file from the first that is not dropped yet, read as they are asked for.</summary>
/// <remarks>
/// A line is kept as its bytes, one character each (Latin-1), so that two lines are equal exactly when their bytes are,
/// whatever encoding they are in. Of a longer one than <see cref="LongestLine"/> the rest is a hash of the whole; of the
/// last one it is kept whether the file ends without a line's end. Memory: the lines that are held.
/// </remarks>
internal sealed class LineWindow : IDisposable
{
    /// <summary>Bytes of a line that are kept to be shown.</summary>
    public const int LongestLine = 4096;

    private readonly SourceFile? _file;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly List<string> _lines = [];
    private readonly List<byte> _line = new(256);
    private int _dropped; // lines at the head of _lines that are gone; taken out in bulk
    private int _at, _held;
    private long _offset;
    private bool _ended;

    /// <param name="path">The file; null for none, which has no lines.</param>
    public LineWindow(string? path) => _file = path == null ? null : new SourceFile(path);

    /// <summary>The number of the first line that is not dropped, from 1.</summary>
    public long Number { get; private set; } = 1;

    /// <summary>Reads on until so many lines are held, or the file ends; how many are held then.</summary>
    public int Fill(int count)
    {
        while (!_ended && _lines.Count - _dropped < count) ReadLine();
        return Math.Min(count, _lines.Count - _dropped);
    }

    /// <summary>A line that is held.</summary>
    public string this[int index] => _lines[_dropped + index];

    /// <summary>Lets lines go that are held.</summary>
    public void Drop(int count)
    {
        _dropped += count;
        Number += count;
        if (_dropped < 1024 && _dropped < _lines.Count) return;
        _lines.RemoveRange(0, _dropped);
        _dropped = 0;
    }

    /// <summary>A line as people read it.</summary>
    public static string Show(string line)
    {
        int end = line.IndexOf('\n');
        string text = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(end < 0 ? line : line[..end]));
        return end < 0 ? text : text + line[(line.IndexOf('\n', end + 1) + 1)..];
    }

    public void Dispose() => _file?.Dispose();

    private void ReadLine()
    {
        _line.Clear();
        XxHash128? rest = null;
        long length = 0;
        while (true)
        {
            if (_at == _held)
            {
                (_at, _held) = (0, _file?.Read(_buffer, _offset) ?? 0);
                _offset += _held;
                if (_held == 0)
                {
                    _ended = true;
                    if (length > 0) Keep(rest, length, hasEnd: false);
                    return;
                }
            }
            ReadOnlySpan<byte> unread = _buffer.AsSpan(_at, _held - _at);
            int end = unread.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? unread : unread[..end];
            if (rest == null && length + part.Length > LongestLine)
            {
                rest = new XxHash128();
                rest.Append(CollectionsMarshal.AsSpan(_line));
            }
            rest?.Append(part);
            length += part.Length;
            _line.AddRange(part[..Math.Min(part.Length, LongestLine - _line.Count)]);
            _at += part.Length;
            if (end < 0) continue;
            _at++;
            Keep(rest, length, hasEnd: true);
            return;
        }
    }

    // What follows the first line's end tells lines apart; what follows the second is shown.
    private void Keep(XxHash128? rest, long length, bool hasEnd)
    {
        string text = Encoding.Latin1.GetString(CollectionsMarshal.AsSpan(_line));
        if (rest != null)
        {
            text += string.Create(CultureInfo.InvariantCulture,
                $"\n{rest.GetCurrentHashAsUInt128():x}{(hasEnd ? "" : "!")}\n ... ({length - LongestLine:N0} more bytes)");
        }
        else if (!hasEnd)
        {
            text += "\n!\n";
        }
        _lines.Add(hasEnd ? text : text + " (no line's end)");
    }
}
