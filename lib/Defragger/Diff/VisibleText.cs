using System.Globalization;
using System.Text;

namespace Defragger.Diff;

/// <summary>Text of files as a terminal may show it: what would move the cursor, change colours, or turn the direction of
/// writing around is made visible instead.</summary>
/// <remarks>Control characters as the pictures that Unicode has for them (U+2400, one for one, so that columns stay), all
/// else that is not to be seen as <c>\u{202e}</c>.</remarks>
internal static class VisibleText
{
    private const int Pictures = 0x2400, PictureOfDelete = 0x2421, Delete = 0x7F, Space = 0x20;

    /// <summary>Whether every character of a text may be shown as it is.</summary>
    public static bool IsPlain(ReadOnlySpan<char> text)
    {
        foreach (Rune rune in text.EnumerateRunes())
            if (!IsPlain(rune)) return false;
        return true;
    }

    /// <summary>Adds a text in its visible form.</summary>
    public static void Append(StringBuilder visible, ReadOnlySpan<char> text)
    {
        // Half of a surrogate pair comes out of this as U+FFFD.
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsPlain(rune)) visible.Append(rune.ToString());
            else if (rune.Value < Space) visible.Append((char)(Pictures + rune.Value));
            else if (rune.Value == Delete) visible.Append((char)PictureOfDelete);
            else visible.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
        }
    }

    // Format: marks of direction, joiners, tags. A line or paragraph separator is a line's end to some terminals.
    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
