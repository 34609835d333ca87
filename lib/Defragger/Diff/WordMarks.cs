using DiffPlex;
using DiffPlex.Chunkers;
using DiffPlex.Model;

namespace Defragger.Diff;

/// <summary>Tells of two lines which words the one has and the other has not.</summary>
internal static class WordMarks
{
    // Longer lines are data, and nobody reads their words; and the work grows with the square of what differs.
    private const int Longest = 4000;

    private static readonly DelimiterChunker s_words = new(" \t.,;:/\\()[]{}<>=\"'-+*&|".ToCharArray());

    /// <summary>The parts that differ. None when the lines have less than a third in common: then they are two lines.</summary>
    public static (IReadOnlyList<TextMark> Before, IReadOnlyList<TextMark> After) Of(string before, string after)
    {
        if (before.Length == 0 || after.Length == 0 || Math.Max(before.Length, after.Length) > Longest) return ([], []);
        DiffResult diff = Differ.Instance.CreateDiffs(before, after, ignoreWhiteSpace: false, ignoreCase: false, s_words);
        List<TextMark> left = Marks(diff.PiecesOld, diff.DiffBlocks.Select(block => (block.DeleteStartA, block.DeleteCountA)));
        List<TextMark> right = Marks(diff.PiecesNew, diff.DiffBlocks.Select(block => (block.InsertStartB, block.InsertCountB)));
        bool alike = Common(before, left) * 3 >= before.Length && Common(after, right) * 3 >= after.Length;
        return alike ? (left, right) : ([], []);
    }

    private static int Common(string text, List<TextMark> marks) => text.Length - marks.Sum(mark => mark.Length);

    private static List<TextMark> Marks(IReadOnlyList<string> pieces, IEnumerable<(int Start, int Count)> blocks)
    {
        var marks = new List<TextMark>();
        int piece = 0, at = 0;
        foreach ((int start, int count) in blocks)
        {
            for (; piece < start; piece++) at += pieces[piece].Length;
            int from = at;
            for (; piece < start + count; piece++) at += pieces[piece].Length;
            if (at > from) marks.Add(new TextMark(from, at - from));
        }
        return marks;
    }
}
