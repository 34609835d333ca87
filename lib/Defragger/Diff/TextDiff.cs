using Defragger.Comparers;
using DiffPlex;
using DiffPlex.Model;

namespace Defragger.Diff;

/// <summary>The differences of two texts, line by line, as they are found.</summary>
/// <remarks>
/// Equal lines are passed over one by one. At a difference as many lines as <see cref="Window"/> are read on both sides,
/// and DiffPlex aligns them (Myers 1986). Its differences are told up to the last that touches the end of the window, for what follows
/// may belong to it: from there on the next window is read. Always true: what is told turns the baseline into the candidate,
/// and leaving it out at any place leaves out nothing before it.
/// Memory: two windows. Cost: linear while the texts are equal; in a window at most Window², if nothing is equal in it.
/// </remarks>
internal sealed class TextDiff : IDisposable
{
    /// <summary>Lines that are aligned at once: a few tenths of a second when none of them is equal.</summary>
    public const int Window = 4000;

    private readonly string _case;
    private readonly int _context;
    private readonly int _window;
    private readonly LineWindow _left;
    private readonly LineWindow _right;
    private readonly Queue<string> _before = new(); // the equal lines directly before those that are read next, as far as they may be told
    private int _after; // equal lines that are still to be told after a difference
    private bool _told = true; // the line before this one was told

    /// <param name="name">The case.</param>
    /// <param name="baseline">The baseline's file; null for none.</param>
    /// <param name="candidate">The candidate's file; null for none.</param>
    /// <param name="context">Equal lines that are told before and after a difference; 0 or more.</param>
    /// <param name="window">Lines that are aligned at once; tests lower it.</param>
    /// <exception cref="ComparisonException">A file cannot be read.</exception>
    public TextDiff(string name, string? baseline, string? candidate, int context, int window = Window)
    {
        (_case, _context, _window) = (name, context, window);
        _left = new LineWindow(baseline);
        try
        {
            _right = new LineWindow(candidate);
        }
        catch
        {
            _left.Dispose();
            throw;
        }
    }

    /// <summary>The lines to show; none when the texts are equal.</summary>
    /// <exception cref="ComparisonException">A file cannot be read.</exception>
    public IEnumerable<DiffLine> Lines()
    {
        while (true)
        {
            foreach (DiffLine line in PassEqual()) yield return line;
            int left = _left.Fill(_window), right = _right.Fill(_window);
            if (left + right == 0) yield break;
            foreach (DiffLine line in Align(left, right)) yield return line;
        }
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
    }

    private IEnumerable<DiffLine> PassEqual()
    {
        while (_left.Fill(1) == 1 && _right.Fill(1) == 1 && _left[0] == _right[0])
            if (PassOne() is DiffLine line) yield return line;
    }

    /// <summary>Goes over a line that both have; it is told when it follows a difference closely.</summary>
    private DiffLine? PassOne()
    {
        DiffLine? told = null;
        if (_after > 0)
        {
            _after--;
            told = Both(_left[0], back: 0);
        }
        else
        {
            _before.Enqueue(_left[0]);
            if (_before.Count > _context)
            {
                _before.Dequeue();
                _told = false;
            }
        }
        _left.Drop(1);
        _right.Drop(1);
        return told;
    }

    private IEnumerable<DiffLine> Align(int left, int right)
    {
        string[] before = [.. Enumerable.Range(0, left).Select(i => _left[i])], after = [.. Enumerable.Range(0, right).Select(i => _right[i])];
        DiffResult diff = Differ.Instance.CreateDiffs("before", "after", ignoreWhiteSpace: false, ignoreCase: false, new Prepared(before, after));
        bool isLast = left < _window && right < _window;
        int done = 0; // lines of the baseline in this window that are dealt with
        foreach (DiffBlock block in diff.DiffBlocks)
        {
            for (; done < block.DeleteStartA; done++)
                if (PassOne() is DiffLine equal) yield return equal;
            bool touchesEnd = block.DeleteStartA + block.DeleteCountA == left || block.InsertStartB + block.InsertCountB == right;
            // The first one starts at the window's start, for equal lines were passed over: a longer look is not to be had.
            if (touchesEnd && !isLast && done > 0) yield break;
            foreach (DiffLine line in Tell(block.DeleteCountA, block.InsertCountB)) yield return line;
            done += block.DeleteCountA;
        }
    }

    private IEnumerable<DiffLine> Tell(int removed, int added)
    {
        if (!_told || (_left.Number - _before.Count, _right.Number - _before.Count) is (1, 1))
            yield return Line(DiffLineKind.Place, "", _left.Number - _before.Count, _right.Number - _before.Count);
        for (; _before.TryPeek(out string? line); _before.Dequeue()) yield return Both(line, back: _before.Count);
        (_told, _after) = (true, _context);
        string[] before = [.. Enumerable.Range(0, removed).Select(i => LineWindow.Show(_left[i]))];
        string[] after = [.. Enumerable.Range(0, added).Select(i => LineWindow.Show(_right[i]))];
        (IReadOnlyList<TextMark> Before, IReadOnlyList<TextMark> After)[] marks =
            [.. Enumerable.Range(0, Math.Min(removed, added)).Select(i => WordMarks.Of(before[i], after[i]))];
        for (int i = 0; i < removed; i++)
            yield return Line(DiffLineKind.Removed, before[i], _left.Number + i, null) with { Marks = i < marks.Length ? marks[i].Before : [] };
        for (int i = 0; i < added; i++)
            yield return Line(DiffLineKind.Added, after[i], null, _right.Number + i) with { Marks = i < marks.Length ? marks[i].After : [] };
        _left.Drop(removed);
        _right.Drop(added);
    }

    private DiffLine Both(string line, int back) =>
        Line(DiffLineKind.Context, LineWindow.Show(line), _left.Number - back, _right.Number - back);

    private DiffLine Line(DiffLineKind kind, string text, long? left, long? right) =>
        new() { Case = _case, Kind = kind, Text = text, BaselineLine = left, CandidateLine = right };

    /// <summary>Lines that are told apart already.</summary>
    private sealed class Prepared(IReadOnlyList<string> before, IReadOnlyList<string> after) : IChunker
    {
        public IReadOnlyList<string> Chunk(string text) => text == "before" ? before : after;
    }
}
