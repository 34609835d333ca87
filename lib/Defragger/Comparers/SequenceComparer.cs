using Defragger.Comparers.Differences;
using Defragger.Comparers.Noise;
using Defragger.Comparers.Records;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers;

/// <summary>Compares files that are records in an order: lines of text, JSON Lines, rows of a table.</summary>
internal static class SequenceComparer
{
    public static ComparisonResult Text(SourceFile baseline, SourceFile candidate, DifferenceList differences, NoisePlaces noise)
    {
        using LineReader left = new(baseline);
        using LineReader right = new(candidate);
        return Compare(left, right, ComparisonFormat.Text, null, differences, new LineJudge(noise))
            .WithDifferences(LineText.Read(differences, baseline, candidate, "line"));
    }

    public static ComparisonResult JsonLines(
        SourceFile baseline, SourceFile candidate, DifferenceList differences, Allowances allowances, NoisePlaces noise)
    {
        using JsonLineReader left = new(baseline);
        using JsonLineReader right = new(candidate);
        RecordJudge records = new(new JsonFields(baseline), new JsonFields(candidate), allowances, noise);
        return Compare(left, right, ComparisonFormat.JsonLines, null, differences, new LineJudge(noise, records))
            .WithDifferences(LineText.Read(differences, baseline, candidate, "line"));
    }

    public static ComparisonResult Csv(
        SourceFile baseline, SourceFile candidate, DifferenceList differences, Allowances allowances, NoisePlaces noise)
    {
        using CsvRowReader left = new(baseline);
        using CsvRowReader right = new(candidate);
        (IReadOnlyList<string> before, IReadOnlyList<string> after) = (left.PeekHeader(), right.PeekHeader());
        RecordJudge records = new(
            new CsvFields(baseline, left.Separator, before), new CsvFields(candidate, right.Separator, after), allowances, noise);
        string? columns = CsvColumns.Describe(before, after);
        return Compare(left, right, ComparisonFormat.Csv, columns, differences, new LineJudge(noise, records))
            .WithDifferences(LineText.Read(differences, baseline, candidate, "row"));
    }

    private static ComparisonResult Compare(
        RecordReader left,
        RecordReader right,
        ComparisonFormat format,
        string? before,
        DifferenceList differences,
        LineJudge judge)
    {
        string noun = format == ComparisonFormat.Csv ? "row" : "line";
        using SequenceAligner aligner = new(left, right, differences: differences, judge: judge);
        ComparisonCounts counts = aligner.Align();
        string reason = counts.Describe(noun + "s");
        if (counts.HasDifference)
            reason += $"; first difference at {noun} {aligner.FirstDifference}";
        if (aligner.LostTrack)
            reason += " (a difference is so long that the counts are upper bounds)";
        return new(!counts.HasDifference, format, counts, before is null ? reason : $"{before}; {reason}");
    }
}
