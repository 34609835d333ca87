using System.Globalization;
using Defragger.Comparers.Records;

namespace Defragger.Comparers.Differences;

/// <summary>Reads what lines and rows say that differ.</summary>
internal static class LineText
{
    /// <summary>The differences with their text.</summary>
    /// <param name="list">Where they stand.</param>
    /// <param name="baseline">The baseline's file.</param>
    /// <param name="candidate">The candidate's file.</param>
    /// <param name="noun">"line" or "row".</param>
    public static IReadOnlyList<Difference> Read(DifferenceList list, SourceFile baseline, SourceFile candidate, string noun) =>
        [.. list.Kept().Select(found => Read(found, baseline, candidate, noun))];

    private static Difference Read(FoundDifference found, SourceFile baseline, SourceFile candidate, string noun)
    {
        string before = found.Baseline.Exists ? Text(baseline, found.Baseline, noun) : "";
        string after = found.Candidate.Exists ? Text(candidate, found.Candidate, noun) : "";
        if (found.Baseline.Exists && found.Candidate.Exists)
            (before, after) = Excerpt.Of(before, after);
        long number = found.Candidate.Exists ? found.Candidate.Number : found.Baseline.Number;
        bool hasMoved = found.Baseline.Exists && found.Candidate.Exists && found.Baseline.Number != found.Candidate.Number;
        return new Difference
        {
            Kind = found.Kind,
            Place = Place(noun, number),
            From = hasMoved ? Place(noun, found.Baseline.Number) : null,
            Line = number + 1,
            Before = found.Baseline.Exists ? Excerpt.Of(before) : null,
            After = found.Candidate.Exists ? Excerpt.Of(after) : null,
        };
    }

    private static string Place(string noun, long number) => string.Create(CultureInfo.InvariantCulture, $"{noun} {number + 1}");

    private static string Text(SourceFile file, Extent extent, string noun)
    {
        ReadOnlySpan<byte> text = file.ReadUpTo(extent.Offset, Excerpt.MostBytes)!.Value.Span;
        int end = noun == "row" ? CsvFields.EndOfRow(text) : text.IndexOf((byte)'\n');
        return Excerpt.Decode(end < 0 ? text : text[..end]);
    }
}
