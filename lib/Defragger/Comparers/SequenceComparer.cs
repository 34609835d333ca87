using Defragger.Comparers.Differences;

namespace Defragger.Comparers;

/// <summary>Compares files that are records in an order: lines of text, JSON Lines, rows of a table.</summary>
internal static class SequenceComparer
{
    public static ComparisonResult Text(SourceFile baseline, SourceFile candidate, DifferenceList differences)
    {
        using LineReader left = new(baseline);
        using LineReader right = new(candidate);
        return Compare(left, right, ComparisonFormat.Text, null, differences)
            .WithDifferences(LineText.Read(differences, baseline, candidate, "line"));
    }

    public static ComparisonResult JsonLines(SourceFile baseline, SourceFile candidate, DifferenceList differences)
    {
        using JsonLineReader left = new(baseline);
        using JsonLineReader right = new(candidate);
        return Compare(left, right, ComparisonFormat.JsonLines, null, differences)
            .WithDifferences(LineText.Read(differences, baseline, candidate, "line"));
    }

    public static ComparisonResult Csv(SourceFile baseline, SourceFile candidate, DifferenceList differences)
    {
        using CsvRowReader left = new(baseline);
        using CsvRowReader right = new(candidate);
        string? columns = CsvColumns.Describe(left.PeekHeader(), right.PeekHeader());
        return Compare(left, right, ComparisonFormat.Csv, columns, differences)
            .WithDifferences(LineText.Read(differences, baseline, candidate, "row"));
    }

    private static ComparisonResult Compare(
        RecordReader left,
        RecordReader right,
        ComparisonFormat format,
        string? before,
        DifferenceList differences)
    {
        string noun = format == ComparisonFormat.Csv ? "row" : "line";
        using SequenceAligner aligner = new(left, right, differences: differences);
        ComparisonCounts counts = aligner.Align();
        string reason = counts.Describe(noun + "s");
        if (counts.HasDifference)
            reason += $"; first difference at {noun} {aligner.FirstDifference}";
        if (aligner.LostTrack)
            reason += " (a difference is so long that the counts are upper bounds)";
        return new(!counts.HasDifference, format, counts, before is null ? reason : $"{before}; {reason}");
    }
}
