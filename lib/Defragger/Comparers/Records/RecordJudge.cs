using Defragger.Comparers.Differences;
using Defragger.Comparers.Matching;
using Defragger.Comparers.Noise;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers.Records;

/// <summary>What a difference of records comes to, value by value, where tolerances, rules with a path or noise ask for it.</summary>
/// <remarks>
/// Two records that differ are read again. The difference is Ignored when each value that differs is within its tolerance or
/// covered by a rule, Noise when the others are noise, and Updated when one value is neither. A record that only one side has
/// has no values to ask about; it can be noise as a whole.
/// Cost: two reads and two parses for each pair, only while something is asked.
/// </remarks>
internal sealed class RecordJudge(RecordFields baseline, RecordFields candidate, Allowances allowances, NoisePlaces noise)
{
    private readonly bool _asksForValues = allowances.HasTolerances || allowances.HasPaths;

    /// <summary>Whether records have to be taken apart at all.</summary>
    public bool IsAsked => _asksForValues || noise.IsAsked;

    /// <summary>What two records that are one, and differ, come to.</summary>
    /// <param name="key">By what the record is known: its key, or its number in the baseline.</param>
    /// <param name="here">Where the baseline has it.</param>
    /// <param name="there">Where the candidate has it.</param>
    public DifferenceKind OfPair(UInt128 key, Extent here, Extent there)
    {
        if (!IsAsked)
            return DifferenceKind.Updated;
        List<RecordField>? before = baseline.Read(here.Offset, here.Length);
        List<RecordField>? after = candidate.Read(there.Offset, there.Length);
        if (before is null || after is null)
            return noise.Covers(NoisePlace.Record(key)) ? DifferenceKind.Noise : DifferenceKind.Updated;
        DifferenceKind worst = DifferenceKind.Ignored;
        Dictionary<string, RecordField> left = ByPath(before);
        Dictionary<string, RecordField> right = ByPath(after);
        foreach (string path in left.Keys.Union(right.Keys))
        {
            bool hadOne = left.TryGetValue(path, out RecordField old);
            bool hasOne = right.TryGetValue(path, out RecordField now);
            if (hadOne && hasOne && old.Hash == now.Hash)
                continue;
            FindingChange change = !hadOne ? FindingChange.New : !hasOne ? FindingChange.Absent : FindingChange.Updated;
            if (IsAllowed(path, change, old, now))
                continue;
            if (!noise.Covers(NoisePlace.Value(key, path)))
                worst = DifferenceKind.Updated;
            else if (worst == DifferenceKind.Ignored)
                worst = DifferenceKind.Noise;
        }

        return worst;
    }

    /// <summary>What a record comes to that one side has alone.</summary>
    /// <param name="kind">New or Absent.</param>
    /// <param name="key">By what the record is known.</param>
    public DifferenceKind OfSingle(DifferenceKind kind, UInt128 key) =>
        noise.IsAsked && noise.Covers(NoisePlace.Record(key)) ? DifferenceKind.Noise : kind;

    private bool IsAllowed(string path, FindingChange change, RecordField before, RecordField after)
    {
        if (!_asksForValues)
            return false;
        string way = ValuePath.Normalize(path);
        if (change == FindingChange.Updated && allowances.ToleranceOf(way) is { } tolerance && tolerance.Covers(before.Number, after.Number))
        {
            allowances.Tolerated++;
            return true;
        }

        return allowances.HasPaths && allowances.TryIgnore(change, allowances.ForPath(way));
    }

    /// <summary>Of columns with one name, each further one has a number behind it.</summary>
    private static Dictionary<string, RecordField> ByPath(List<RecordField> fields)
    {
        Dictionary<string, RecordField> byPath = new(fields.Count);
        foreach (RecordField field in fields)
        {
            string path = field.Path;
            for (int n = 2; !byPath.TryAdd(path, field); n++)
                path = $"{field.Path}#{n}";
        }

        return byPath;
    }
}
