using System.Globalization;
using System.IO.Enumeration;
using System.Text;
using System.Text.Json;

namespace Defragger.Comparers.Rules;

/// <summary>The way to a value in a JSON document as text: names and indexes with '/' between them.</summary>
/// <remarks>
/// A '.' in a name or pattern counts as '/', so that '*.time' and 'metrics/*' both mean what they look like. Only built where
/// a rule or tolerance asks for it.
/// </remarks>
internal sealed class ValuePath
{
    private char[] _text = new char[256];
    private int[] _ends = new int[16];
    private int _depth;
    private int _length;

    /// <summary>The way to the value that comes next.</summary>
    public ReadOnlySpan<char> Text => _text.AsSpan(0, _length);

    /// <summary>A pattern as <see cref="Matches"/> wants it.</summary>
    public static string Normalize(string pattern) => pattern.TrimStart('/').Replace('.', '/');

    /// <summary>Whether a way matches; '*' stands for any text, '/' in it too.</summary>
    public static bool Matches(string pattern, ReadOnlySpan<char> path) =>
        FileSystemName.MatchesSimpleExpression(pattern, path, ignoreCase: false);

    /// <summary>Goes into the container that begins here.</summary>
    public void Enter()
    {
        if (_depth == _ends.Length)
            Array.Resize(ref _ends, _depth * 2);
        _ends[_depth++] = _length;
    }

    /// <summary>Leaves the container: what comes next is beside it.</summary>
    public void Leave() => _length = _ends[--_depth];

    /// <summary>The member comes next whose name the reader stands on.</summary>
    public void Name(ref Utf8JsonReader reader)
    {
        Span<char> room = Begin(reader.ValueSpan.Length + 1);
        int length = CopyName(ref reader, room);
        room[..length].Replace('.', '/');
        _length += length;
    }

    /// <summary>The element comes next that has this index.</summary>
    public void Index(long index)
    {
        const int LongestNumber = 20;
        index.TryFormat(Begin(LongestNumber), out int length, provider: CultureInfo.InvariantCulture);
        _length += length;
    }

    private static int CopyName(ref Utf8JsonReader reader, Span<char> room)
    {
        try
        {
            return reader.CopyString(room);
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetChars(reader.ValueSpan, room); // half a surrogate pair, or no UTF-8: as it is written
        }
    }

    private Span<char> Begin(int longest)
    {
        _length = _ends[_depth - 1];
        if (_length + longest + 1 > _text.Length)
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _length + longest + 1));
        if (_length > 0)
            _text[_length++] = '/';
        return _text.AsSpan(_length);
    }
}
