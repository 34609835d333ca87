using System.Text;

namespace Defragger.Comparers.Differences;

/// <summary>Cuts text for a person: the part in which two texts differ first.</summary>
internal static class Excerpt
{
    /// <summary>UTF-16 units of one text at most.</summary>
    public const int Longest = 200;

    /// <summary>Bytes of a file that are looked at for one text.</summary>
    public const int MostBytes = 64 * 1024;

    private const int Lead = 40; // equal text shown before the first difference
    private const string Cut = "…";

    /// <summary>The beginning of a text.</summary>
    public static string Of(string text) => Of(text, 0);

    /// <summary>Two texts, each around the place where they differ first.</summary>
    public static (string Before, string After) Of(string before, string after)
    {
        int same = before.AsSpan().CommonPrefixLength(after);
        return (Of(before, same), Of(after, same));
    }

    /// <summary>Bytes as text; what is not UTF-8 becomes U+FFFD.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MostBytes)]);

    private static string Of(string text, int same)
    {
        if (text.Length <= Longest)
            return text;
        int start = same <= Longest - Lead ? 0 : Math.Min(same - Lead, text.Length - Longest);
        int end = Math.Min(text.Length, start + Longest);
        // Half a surrogate pair is no text.
        if (start > 0 && char.IsLowSurrogate(text[start]))
            start--;
        if (end < text.Length && char.IsHighSurrogate(text[end - 1]))
            end--;
        return (start > 0 ? Cut : "") + text[start..end] + (end < text.Length ? Cut : "");
    }
}
