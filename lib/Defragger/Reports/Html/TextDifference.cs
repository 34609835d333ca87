using Defragger.Diff;

namespace Defragger.Reports;

/// <summary>A row of two texts side by side.</summary>
/// <param name="LeftNumber">The baseline's line, from 1; null where it has none.</param>
/// <param name="Left">The baseline's text in pieces, by turns equal and changed; null where it has no line.</param>
/// <param name="RightNumber">The candidate's line, from 1; null where it has none.</param>
/// <param name="Right">The candidate's text.</param>
/// <param name="IsSame">Both lines are the same.</param>
internal sealed record SideRow(long? LeftNumber, IReadOnlyList<string>? Left, long? RightNumber, IReadOnlyList<string>? Right, bool IsSame);

/// <summary>Two texts side by side, as far as a person wants to read.</summary>
/// <param name="Rows">The rows; null stands for equal lines that are left out.</param>
/// <param name="Note">What is not shown; null when all is.</param>
/// <remarks>Bounded in all ways: at most <see cref="MostRows"/> rows, of files of at most <see cref="MostBytes"/>, aligned in small windows,
/// for a report may have many of them. Format-DefragDifference shows one without these bounds.</remarks>
internal sealed record TextDifference(IReadOnlyList<SideRow?> Rows, string? Note)
{
    private const long MostBytes = 32L << 20;
    private const int MostRows = 300;
    private const int Window = 400;
    private const int Context = 3;

    /// <summary>Compares two files; null when they are too long, are no text, or do not differ.</summary>
    /// <param name="name">The case.</param>
    /// <param name="baseline">The baseline's file.</param>
    /// <param name="candidate">The candidate's file.</param>
    /// <exception cref="Comparers.ComparisonException">A file cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static TextDifference? Of(string name, string baseline, string candidate)
    {
        if (Math.Max(new FileInfo(baseline).Length, new FileInfo(candidate).Length) > MostBytes) return null;
        using var diff = new TextDiff(name, baseline, candidate, Context, Window);
        var rows = new List<SideRow?>();
        bool isWhole = true;
        List<DiffLine> removed = [], added = [];
        foreach (DiffLine line in diff.Lines())
        {
            if (line.Text.Contains('\0', StringComparison.Ordinal)) return null;
            if (rows.Count + Math.Max(removed.Count, added.Count) >= MostRows)
            {
                isWhole = false;
                break;
            }
            // Removed lines come before the added ones that stand in their place.
            if (line.Kind is not DiffLineKind.Added) Pair(rows, removed, added, unless: line.Kind is DiffLineKind.Removed && added.Count == 0);
            if (line.Kind is DiffLineKind.Removed) removed.Add(line);
            else if (line.Kind is DiffLineKind.Added) added.Add(line);
            else if (line.Kind is DiffLineKind.Context) rows.Add(new SideRow(line.BaselineLine, Pieces(line), line.CandidateLine, null, IsSame: true));
            else if (rows.Count > 0) rows.Add(null);
        }
        Pair(rows, removed, added);
        if (rows.Count == 0) return null;
        return new TextDifference(rows, isWhole ? null : $"Only the first {MostRows} rows are shown; Format-DefragDifference shows all.");
    }

    private static void Pair(List<SideRow?> rows, List<DiffLine> removed, List<DiffLine> added, bool unless = false)
    {
        if (unless) return;
        for (int i = 0; i < Math.Max(removed.Count, added.Count); i++)
        {
            DiffLine? left = i < removed.Count ? removed[i] : null, right = i < added.Count ? added[i] : null;
            rows.Add(new SideRow(left?.BaselineLine, left == null ? null : Pieces(left), right?.CandidateLine, right == null ? null : Pieces(right), IsSame: false));
        }
        removed.Clear();
        added.Clear();
    }

    private static IReadOnlyList<string> Pieces(DiffLine line) => TextPieces.Of(line.Text, line.Marks);
}
