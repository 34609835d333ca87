using System.Globalization;
using Defragger.Compare;
using Defragger.Comparers;
using Defragger.Comparers.Differences;

namespace Defragger.Diff;

/// <summary>How much of a difference is shown, and how.</summary>
/// <param name="Context">Equal lines before and after a difference.</param>
/// <param name="MostLines">Lines of a case at most; what is more is told in one line.</param>
/// <param name="AsText">Line by line, whatever the format.</param>
internal readonly record struct DiffOptions(int Context, int MostLines, bool AsText);

/// <summary>What a person is shown of a case: what became of it, and its differences, as far as they are asked for.</summary>
internal static class CaseDiff
{
    /// <summary>The lines of a case.</summary>
    /// <param name="result">What became of it.</param>
    /// <param name="options">How much is shown.</param>
    /// <exception cref="ComparisonException">A file cannot be read.</exception>
    public static IEnumerable<DiffLine> Of(CaseResult result, DiffOptions options)
    {
        yield return Heading(result.Case, $"{result.Case}: {result.Status}{(result.Reason.Length > 0 ? $", {result.Reason}" : "")}");
        if (result.BaselinePath != null) yield return Heading(result.Case, $"--- {result.BaselinePath}");
        if (result.CandidatePath != null) yield return Heading(result.Case, $"+++ {result.CandidatePath}");
        foreach (string? path in new[] { result.BaselinePath, result.CandidatePath })
            if (Staleness(result, path) is string fault) yield return Note(result.Case, fault);
        if (!result.Decided && result.LogPath != null) yield return Note(result.Case, $"what the comparer printed: {result.LogPath}");
        if (result.Status == CaseStatus.Same && !options.AsText) yield break;
        foreach (DiffLine line in Bounded(result.Case, Differences(result, options), options.MostLines)) yield return line;
    }

    private static IEnumerable<DiffLine> Differences(CaseResult result, DiffOptions options)
    {
        string? baseline = Existing(result.BaselinePath), candidate = Existing(result.CandidatePath);
        if (baseline == null && candidate == null) return DifferenceRows.Of(result, result.Differences ?? []);
        bool isText = options.AsText || FormatOf(candidate ?? baseline!) == ComparisonFormat.Text;
        if (isText) return ByLine(result.Case, baseline, candidate, options.Context);
        if (baseline == null || candidate == null) return [Note(result.Case, "only one side has it; -AsText shows it")];
        // A comparer of the user's need not tell its differences, and an old journal has none.
        return DifferenceRows.Of(result, result.Differences ?? FileComparer.Compare(
            baseline, candidate, ComparisonFormat.Auto, shown: Math.Min(options.MostLines, DifferenceList.MaximumLimit)).Differences ?? []);
    }

    private static IEnumerable<DiffLine> ByLine(string name, string? baseline, string? candidate, int context)
    {
        using var diff = new TextDiff(name, baseline, candidate, context);
        foreach (DiffLine line in diff.Lines()) yield return line;
    }

    private static string? Existing(string? path) => File.Exists(path) ? path : null;

    private static ComparisonFormat FormatOf(string path)
    {
        ComparisonFormat format = FormatCatalog.Default.ByName(path);
        if (format != ComparisonFormat.Auto) return format;
        using var file = new SourceFile(path);
        return ByteComparison.Sniff(file);
    }

    private static IEnumerable<DiffLine> Bounded(string name, IEnumerable<DiffLine> lines, int most)
    {
        int count = 0;
        foreach (DiffLine line in lines)
        {
            if (count++ == most)
            {
                yield return Note(name, string.Create(CultureInfo.InvariantCulture,
                    $"more differences follow after these {most:N0} lines; -MaxLine shows more of them"));
                yield break;
            }
            yield return line;
        }
    }

    /// <summary>What is shown must be what was compared, or be told as something else.</summary>
    private static string? Staleness(CaseResult result, string? path)
    {
        if (path == null) return null;
        if (!File.Exists(path)) return $"'{path}' is gone since it was compared";
        return result.Ended != default && File.GetLastWriteTimeUtc(path) > result.Ended.UtcDateTime
            ? $"'{path}' was written to since it was compared"
            : null;
    }

    private static DiffLine Heading(string name, string text) => new() { Case = name, Kind = DiffLineKind.Heading, Text = text };

    private static DiffLine Note(string name, string text) => new() { Case = name, Kind = DiffLineKind.Note, Text = text };
}
