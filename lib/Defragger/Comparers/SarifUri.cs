using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Defragger.Comparers;

/// <summary>
/// File names of findings, written in one way: file://, ./, %20 and back slashes do not make another file.
/// </summary>
internal static class SarifUri
{
    /// <summary>The hash of the normalised URI that the reader stands on.</summary>
    public static UInt128 Hash(ref Utf8JsonReader reader) =>
        JsonText.Hash(ref reader, static text => JsonHash.Of(Normalize(text), JsonHash.Kind.Text));

    /// <summary>Normalises in place; what is left is a part of the span.</summary>
    public static Span<byte> Normalize(Span<byte> uri)
    {
        bool isFile = uri.Length >= 5 && Ascii.EqualsIgnoreCase(uri[..5], "file:"u8);
        Span<byte> path = Decode(isFile ? uri[5..] : uri);
        path.Replace((byte)'\\', (byte)'/');
        if (isFile)
            path = WithoutAuthority(path);
        while (path.StartsWith("./"u8))
            path = path[2..];
        return path;
    }

    /// <summary>///C:/a and //localhost/a and /a: the path alone, and a drive without a slash before it.</summary>
    private static Span<byte> WithoutAuthority(Span<byte> path)
    {
        if (path.StartsWith("//localhost/"u8))
            path = path["//localhost".Length..];
        else if (path.StartsWith("///"u8))
            path = path[2..];
        bool hasDrive = path.Length >= 3 && path[0] == '/' && char.IsAsciiLetter((char)path[1]) && path[2] == ':';
        return hasDrive ? path[1..] : path;
    }

    private static Span<byte> Decode(Span<byte> text)
    {
        int first = text.IndexOf((byte)'%');
        if (first < 0)
            return text;
        int to = first;
        for (int from = first; from < text.Length; to++)
        {
            if (text[from] == '%' && from + 2 < text.Length && TryHex(text.Slice(from + 1, 2), out byte value))
            {
                text[to] = value;
                from += 3;
            }
            else
            {
                text[to] = text[from++];
            }
        }

        return text[..to];
    }

    private static bool TryHex(ReadOnlySpan<byte> digits, out byte value) =>
        Utf8Parser.TryParse(digits, out value, out int used, 'x') && used == 2;
}
