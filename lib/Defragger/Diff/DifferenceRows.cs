using System.Globalization;
using Defragger.Compare;
using Defragger.Comparers.Differences;

namespace Defragger.Diff;

/// <summary>Findings, values and records that differ, as lines for a person: what became of each, what it said and what it says.</summary>
internal static class DifferenceRows
{
    /// <summary>The lines of a case's differences, and how many of them are not among those that were kept.</summary>
    public static IEnumerable<DiffLine> Of(CaseResult result, IReadOnlyList<Difference> differences)
    {
        foreach (Difference one in differences)
        {
            yield return Line(result, DiffLineKind.Place, Title(one));
            if (one.Before != null && one.Before == one.After)
            {
                // What only moved says the same as before; what differs in a part that is not told says so once.
                if (one.Kind == DifferenceKind.Moved) continue;
                yield return Line(result, DiffLineKind.Context, one.Before);
                if (one.Kind == DifferenceKind.Updated)
                    yield return Line(result, DiffLineKind.Note, "it says the same; its level, kind, code or code flow is another");
                continue;
            }
            (IReadOnlyList<TextMark> before, IReadOnlyList<TextMark> after) = WordMarks.Of(one.Before ?? "", one.After ?? "");
            if (one.Before != null) yield return Line(result, DiffLineKind.Removed, one.Before) with { Marks = before };
            if (one.After != null) yield return Line(result, DiffLineKind.Added, one.After) with { Marks = after };
        }
        long rest = (result.New ?? 0) + (result.Absent ?? 0) + (result.Updated ?? 0) + (result.Moved ?? 0) + (result.Ignored ?? 0) - differences.Count;
        if (rest > 0)
        {
            yield return Line(result, DiffLineKind.Note, string.Create(CultureInfo.InvariantCulture,
                $"{rest:N0} more differences were not kept; compare with a greater -MaxDifference, or see the files with -AsText"));
        }
    }

    private static string Title(Difference one)
    {
        string rule = one.Rule == null ? "" : $"{one.Rule} ";
        string from = one.From == null ? "" : $" (from {one.From})";
        return $"{one.Kind,-7} {rule}{one.Place}{from}";
    }

    private static DiffLine Line(CaseResult result, DiffLineKind kind, string text) => new() { Case = result.Case, Kind = kind, Text = text };
}
