using Defragger.Diff;

namespace Defragger.Reports;

/// <summary>A line in pieces, by turns equal and changed, each as long as a person reads.</summary>
internal static class TextPieces
{
    private const int Longest = 160;

    /// <summary>The pieces of a line; one at least.</summary>
    /// <param name="text">The line.</param>
    /// <param name="marks">What of it changed, in order.</param>
    public static IReadOnlyList<string> Of(string text, IReadOnlyList<TextMark> marks)
    {
        var pieces = new List<string>();
        int at = 0;
        foreach (TextMark mark in marks)
        {
            pieces.Add(Shorten(text[at..mark.Start]));
            pieces.Add(Shorten(text.Substring(mark.Start, mark.Length)));
            at = mark.Start + mark.Length;
        }
        if (at < text.Length || pieces.Count == 0) pieces.Add(Shorten(text[at..]));
        return pieces;
    }

    // Of a long piece its beginning and its end, which stand beside what changed.
    private static string Shorten(string piece)
    {
        if (piece.Length <= Longest * 2) return piece;
        int from = piece.Length - Longest;
        if (char.IsLowSurrogate(piece[from])) from++;
        return ReportText.Cut(piece, Longest) + piece[from..];
    }
}
