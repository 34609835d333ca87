using Defragger.Comparers.Differences;
using Defragger.Comparers.Matching;
using Defragger.Comparers.Noise;
using Defragger.Comparers.Records;
using Defragger.Comparers.Rules;
using Defragger.Comparers.Xml;

namespace Defragger.Comparers;

/// <summary>Compares one case: opens both files, asks for the first differing byte, then for what it means.</summary>
internal static class FileComparer
{
    private static readonly string s_tooMuchNoise =
        $" (runs of the baseline differ in more than {NoisePlaces.DefaultLimit} places, so nothing is taken as noise)";

    /// <exception cref="ComparisonException">The files could not be compared.</exception>
    /// <param name="baselinePath">The baseline's file.</param>
    /// <param name="candidatePath">The candidate's file.</param>
    /// <param name="format">How to read them.</param>
    /// <param name="key">By what records of JSON, JSON Lines and CSV are matched; null for by path, and in order.</param>
    /// <param name="allowances">What may differ; null for nothing.</param>
    /// <param name="shown">Differences whose text the result has, at most.</param>
    /// <param name="baselines">Further runs of the baseline: files that differ from it only by noise. Null for none.</param>
    public static ComparisonResult Compare(
        string baselinePath,
        string candidatePath,
        ComparisonFormat format,
        RecordKey? key = null,
        Allowances? allowances = null,
        int shown = DifferenceList.DefaultLimit,
        IReadOnlyList<string>? baselines = null)
    {
        using SourceFile baseline = new(baselinePath);
        using SourceFile candidate = new(candidatePath);
        if (format == ComparisonFormat.Auto)
            format = Choose(baseline, candidate);

        if (DifferAt(baseline, candidate, format) is not long difference)
            return new(true, format, null, "byte for byte equal");

        allowances ??= Allowances.None;
        NoisePlaces noise = Learn(baseline, baselines ?? [], format, key, allowances);
        DifferenceList differences = new(shown);
        ComparisonResult result = format == ComparisonFormat.Binary
            ? Binary(baseline, candidate, difference, shown, noise)
            : Compare(baseline, candidate, format, key, allowances, differences, noise);
        // Findings and values were asked for one by one; a record, a line or the bytes are covered as a whole or not.
        if (format is not (ComparisonFormat.Sarif or ComparisonFormat.Xml or ComparisonFormat.Json) || key is not null)
            result = IgnoreRecords(result, allowances);
        (int Rule, long Count)[] hits = [.. allowances.Hits];
        string tolerated = allowances.Tolerated == 0 ? "" : $" ({allowances.Tolerated} within tolerance)";
        return result with
        {
            IgnoredBy = hits.Length == 0 ? null : hits,
            Tolerated = allowances.Tolerated,
            Reason = result.Reason + tolerated + (noise.IsTooMany ? s_tooMuchNoise : ""),
        };
    }

    /// <summary>Where two files differ, or null. Only files of one length can be byte-equal, and a binary file has nothing else
    /// to say: for others the answer may be 0.</summary>
    private static long? DifferAt(SourceFile baseline, SourceFile candidate, ComparisonFormat format)
    {
        long difference = baseline.Length == candidate.Length || format == ComparisonFormat.Binary
            ? ByteComparison.FirstDifference(baseline, candidate)
            : 0;
        return difference < 0 ? null : difference;
    }

    private static ComparisonResult Compare(
        SourceFile baseline,
        SourceFile candidate,
        ComparisonFormat format,
        RecordKey? key,
        Allowances allowances,
        DifferenceList differences,
        NoisePlaces noise) => format switch
        {
            ComparisonFormat.Sarif => SarifComparer.Compare(baseline, candidate, allowances: allowances, differences: differences, noise: noise),
            ComparisonFormat.Xml => SarifComparer.CompareXml(baseline, candidate, allowances, differences, noise),
            ComparisonFormat.Json when key is not null => KeyedComparer.Json(baseline, candidate, key, differences, allowances, noise),
            ComparisonFormat.JsonLines when key is not null => KeyedComparer.JsonLines(baseline, candidate, key, differences, allowances, noise),
            ComparisonFormat.Csv when key is not null => KeyedComparer.Csv(baseline, candidate, key, differences, allowances, noise),
            ComparisonFormat.Json => JsonComparer.Compare(baseline, candidate, allowances: allowances, differences: differences, noise: noise),
            ComparisonFormat.JsonLines => SequenceComparer.JsonLines(baseline, candidate, differences, allowances, noise),
            ComparisonFormat.Csv => SequenceComparer.Csv(baseline, candidate, differences, allowances, noise),
            _ => SequenceComparer.Text(baseline, candidate, differences, noise),
        };

    /// <summary>Compares the baseline with its further runs: what differs there beyond what may differ is noise.</summary>
    private static NoisePlaces Learn(
        SourceFile baseline, IReadOnlyList<string> baselines, ComparisonFormat format, RecordKey? key, Allowances allowances)
    {
        if (baselines.Count == 0)
            return NoisePlaces.None;
        NoisePlaces noise = new();
        foreach (string path in baselines)
        {
            using SourceFile other = new(path);
            if (DifferAt(baseline, other, format) is null)
                continue;
            if (format == ComparisonFormat.Binary)
                noise.Covers(NoisePlace.Bytes);
            else
                Compare(baseline, other, format, key, allowances.Anew(), new DifferenceList(0), noise);
            noise.EndRun();
        }

        noise.EndLearning();
        return noise;
    }

    /// <summary>What a rule covers that asks for no path and no rule.</summary>
    private static ComparisonResult IgnoreRecords(ComparisonResult result, Allowances allowances)
    {
        int[] rules = allowances.Plain();
        if (result.Same || rules.Length == 0)
            return result;
        if (result.Counts is not { } counts)
        {
            // Bytes: one difference, of which no more is known.
            return allowances.TryIgnore(FindingChange.Updated, rules)
                ? Ignore(result, DifferenceKind.Updated) with { Same = true, Counts = new(0, 0, 0, 0, Ignored: 1), Reason = result.Reason + "; ignored" }
                : result;
        }

        bool Covers(FindingChange change, DifferenceKind kind, long count)
        {
            bool isCovered = count > 0 && allowances.TryIgnore(change, rules, count: count);
            if (isCovered)
                result = Ignore(result, kind);
            return isCovered;
        }

        if (Covers(FindingChange.New, DifferenceKind.New, counts.New))
            counts = counts with { New = 0, Ignored = counts.Ignored + counts.New };
        if (Covers(FindingChange.Absent, DifferenceKind.Absent, counts.Absent))
            counts = counts with { Absent = 0, Ignored = counts.Ignored + counts.Absent };
        if (Covers(FindingChange.Updated, DifferenceKind.Updated, counts.Updated))
            counts = counts with { Updated = 0, Ignored = counts.Ignored + counts.Updated };
        bool same = !counts.HasDifference && counts.Ignored > result.Counts.Value.Ignored;
        string now = counts == result.Counts ? "" : $"; {counts.Ignored} of them ignored";
        return result with { Same = same, Counts = counts, Reason = result.Reason + now };
    }

    private static ComparisonResult Ignore(ComparisonResult result, DifferenceKind kind) => result with
    {
        Differences = result.Differences?
            .Select(one => one.Kind == kind ? one with { Kind = DifferenceKind.Ignored } : one)
            .OrderBy(one => one.Kind).ToList(),
    };

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
        return isBinary ? ComparisonFormat.Binary
            : IsKnownXml(baseline) && IsKnownXml(candidate) ? ComparisonFormat.Xml
            : ComparisonFormat.Text;
    }

    /// <summary>Whether it begins as a report whose findings can be read.</summary>
    private static bool IsKnownXml(SourceFile file)
    {
        Span<byte> start = stackalloc byte[64];
        ReadOnlySpan<byte> text = start[..file.Read(start, 0)];
        if (text is [0xEF, 0xBB, 0xBF, ..])
            text = text[3..];
        if (!text.TrimStart(" \t\r\n"u8).StartsWith("<"u8))
            return false;
        try
        {
            return XmlDialect.Of(XmlFindingParser.RootOf(file)) is not null;
        }
        catch (ComparisonException)
        {
            return false; // HTML, a fragment: text
        }
    }

    private static ComparisonResult Binary(SourceFile baseline, SourceFile candidate, long difference, int shown, NoisePlaces noise)
    {
        string sizes = baseline.Length == candidate.Length
            ? ""
            : $"; {candidate.Length} bytes instead of {baseline.Length}";
        bool isNoise = noise.IsAsked && noise.Covers(NoisePlace.Bytes);
        Difference first = new()
        {
            Kind = isNoise ? DifferenceKind.Noise : DifferenceKind.Updated,
            Place = $"byte {difference}",
            Before = Hex(baseline, difference),
            After = Hex(candidate, difference),
        };
        ComparisonCounts? counts = isNoise ? new(0, 0, 0, 0, Noise: 1) : null;
        string what = isNoise ? "; noise, for runs of the baseline differ too" : "";
        return new ComparisonResult(isNoise, ComparisonFormat.Binary, counts, $"first difference at byte {difference}{sizes}{what}")
            .WithDifferences(shown > 0 ? [first] : []);
    }

    private static string Hex(SourceFile file, long offset)
    {
        const int Most = 16;
        byte[] bytes = new byte[Most];
        return Convert.ToHexString(bytes, 0, offset < file.Length ? file.Read(bytes, offset) : 0);
    }
}
