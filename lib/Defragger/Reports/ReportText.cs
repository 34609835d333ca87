using System.Text;
using Defragger.Diff;

namespace Defragger.Reports;

/// <summary>Names and messages of a run are not ours: a file may be called anything. Here they become text that can be shown.</summary>
internal static class ReportText
{
    /// <summary>The text with what is not to be seen made visible, as <see cref="VisibleText"/> does for a terminal: the result can be
    /// written in XML 1.0, in JSON and in Markdown, and no name looks like another. O(n); a plain text is given back as it is.</summary>
    public static string Visible(string text)
    {
        if (VisibleText.IsPlain(text) && !text.Any(char.IsSurrogate)) return text;
        var shown = new StringBuilder(text.Length + 16);
        VisibleText.Append(shown, text);
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
}
