using Defragger.Comparers.Records;

namespace Defragger.Comparers;

/// <summary>Compares one case: opens both files, asks for the first differing byte, then for what it means.</summary>
internal static class FileComparer
{
    /// <exception cref="ComparisonException">The files could not be compared.</exception>
    /// <param name="baselinePath">The baseline's file.</param>
    /// <param name="candidatePath">The candidate's file.</param>
    /// <param name="format">How to read them.</param>
    /// <param name="key">By what records of JSON, JSON Lines and CSV are matched; null for by path, and in order.</param>
    public static ComparisonResult Compare(
        string baselinePath, string candidatePath, ComparisonFormat format, RecordKey? key = null)
    {
        using SourceFile baseline = new(baselinePath);
        using SourceFile candidate = new(candidatePath);
        if (format == ComparisonFormat.Auto)
            format = Choose(baseline, candidate);

        bool sameLength = baseline.Length == candidate.Length;
        // Only files of one length can be byte-equal, and a binary file has nothing else to say.
        long difference = sameLength || format == ComparisonFormat.Binary
            ? ByteComparison.FirstDifference(baseline, candidate)
            : 0;
        if (difference < 0)
            return new(true, format, null, "byte for byte equal");

        return format switch
        {
            ComparisonFormat.Sarif => SarifComparer.Compare(baseline, candidate),
            ComparisonFormat.Json when key is not null => KeyedComparer.Json(baseline, candidate, key),
            ComparisonFormat.JsonLines when key is not null => KeyedComparer.JsonLines(baseline, candidate, key),
            ComparisonFormat.Csv when key is not null => KeyedComparer.Csv(baseline, candidate, key),
            ComparisonFormat.Json => JsonComparer.Compare(baseline, candidate),
            ComparisonFormat.JsonLines => SequenceComparer.JsonLines(baseline, candidate),
            ComparisonFormat.Csv => SequenceComparer.Csv(baseline, candidate),
            ComparisonFormat.Text => SequenceComparer.Text(baseline, candidate),
            _ => Binary(baseline, candidate, difference),
        };
    }

    /// <summary>By the baseline's name, else by the candidate's, else by what the files begin with.</summary>
    private static ComparisonFormat Choose(SourceFile baseline, SourceFile candidate)
    {
        ComparisonFormat format = FormatCatalog.Default.ByName(baseline.Path);
        if (format == ComparisonFormat.Auto)
            format = FormatCatalog.Default.ByName(candidate.Path);
        if (format != ComparisonFormat.Auto)
            return format;
        bool isBinary = ByteComparison.Sniff(baseline) == ComparisonFormat.Binary
            || ByteComparison.Sniff(candidate) == ComparisonFormat.Binary;
        return isBinary ? ComparisonFormat.Binary : ComparisonFormat.Text;
    }

    private static ComparisonResult Binary(SourceFile baseline, SourceFile candidate, long difference)
    {
        string sizes = baseline.Length == candidate.Length
            ? ""
            : $"; {candidate.Length} bytes instead of {baseline.Length}";
        return new(false, ComparisonFormat.Binary, null, $"first difference at byte {difference}{sizes}");
    }
}
