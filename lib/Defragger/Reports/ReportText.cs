using System.Globalization;
using System.Text;

namespace Defragger.Reports;

/// <summary>Names and messages of a run are not ours: a file may be called anything. Here they become text that can be shown.</summary>
internal static class ReportText
{
    /// <summary>The text with what has no picture of its own as an escape: <c>\u{a}</c> for a line feed, also for controls of the
    /// direction of writing, with which a name can look like another; half a surrogate pair becomes U+FFFD.</summary>
    /// <remarks>The result can be written in XML 1.0, in JSON and in Markdown. O(n); a text that needs nothing is given back as it is.</remarks>
    public static string Visible(string text)
    {
        if (!text.EnumerateRunes().Any(IsHidden) && !HasHalf(text)) return text;
        var shown = new StringBuilder(text.Length + 16);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsHidden(rune)) shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            else shown.Append(rune.ToString());
        }
        return shown.ToString();
    }

    /// <summary>At most so many UTF-16 code units, with '…' at the end when something was cut; no surrogate pair is torn.</summary>
    public static string Cut(string text, int most)
    {
        if (text.Length <= most) return text;
        int end = most - 1;
        if (end > 0 && char.IsHighSurrogate(text[end - 1])) end--;
        return text[..end] + "…";
    }

    private static bool IsHidden(Rune rune) => rune.Value is < 0x20 or (>= 0x7F and < 0xA0) or 0x200E or 0x200F
        or (>= 0x2028 and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0xFEFF or 0xFFFE or 0xFFFF;

    private static bool HasHalf(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return true;
            i++;
        }
        return false;
    }
}
