using System.Text;
using System.Text.RegularExpressions;

namespace Defragger.Python;

/// <summary>Counts the objects that are compiled in a growing log of make: each call of <see cref="Read"/> goes on where the last
/// one ended. Constant memory but for one line.</summary>
internal sealed partial class ObjectCount(string path, long start)
{
    private const int LongestLine = 64 * 1024;
    private readonly StringBuilder _line = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly byte[] _bytes = new byte[16 * 1024];
    private readonly char[] _characters = new char[16 * 1024 + 1];
    private long _at = start;

    /// <summary>Objects so far.</summary>
    public int Objects { get; private set; }

    /// <summary>The last one.</summary>
    public string Last { get; private set; } = "";

    /// <summary>Reads what was added.</summary>
    public void Read()
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Position = _at;
        for (int got; (got = stream.Read(_bytes)) > 0; _at += got)
            Take(_characters.AsSpan(0, _decoder.GetChars(_bytes.AsSpan(0, got), _characters, flush: false)));
    }

    private void Take(ReadOnlySpan<char> text)
    {
        for (int end; (end = text.IndexOf('\n')) >= 0; text = text[(end + 1)..])
        {
            Append(text[..end]);
            if (CompileLine().Match(_line.ToString()) is { Success: true } match)
            {
                Objects++;
                Last = match.Groups[1].Value;
            }
            _line.Clear();
        }
        Append(text);
    }

    private void Append(ReadOnlySpan<char> part)
    {
        if (_line.Length + part.Length <= LongestLine) _line.Append(part);
    }

    /// <summary>A compiler that compiles and does not link, with the object that it makes.</summary>
    [GeneratedRegex(@" -c .*-o (\S+\.o)(\s|$)| -o (?<1>\S+\.o) .*-c ", RegexOptions.CultureInvariant)]
    private static partial Regex CompileLine();
}
