using System.Globalization;
using Defragger.Comparers.Records;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers.Differences;

/// <summary>Reads what records say that differ: of two records with one key, the values that do.</summary>
internal sealed class RecordText(RecordKey key, RecordFields baseline, RecordFields candidate)
{
    private readonly string[] _key = [.. key.Names.Select(ValuePath.Normalize)];

    /// <summary>The differences with their text.</summary>
    public IReadOnlyList<Difference> Read(DifferenceList list) => [.. list.Kept().Select(Tell)];

    private Difference Tell(FoundDifference found)
    {
        List<RecordField>? before = found.Baseline.Exists ? baseline.Read(found.Baseline.Offset, found.Baseline.Length) : null;
        List<RecordField>? after = found.Candidate.Exists ? candidate.Read(found.Candidate.Offset, found.Candidate.Length) : null;
        string place = Place(after ?? before)
            ?? string.Create(CultureInfo.InvariantCulture, $"the record at byte {found.Order}");
        if (before is not null && after is not null)
            (before, after) = Differing(before, after);
        (string left, string right) = Excerpt.Of(Text(before), Text(after));
        return new Difference
        {
            Kind = found.Kind,
            Place = Excerpt.Of(place),
            Before = found.Baseline.Exists ? left : null,
            After = found.Candidate.Exists ? right : null,
        };
    }

    private string? Place(List<RecordField>? fields)
    {
        if (fields is null)
            return null;
        string[] values = [.. _key.Select(name => (Name: name, At: fields.FindIndex(field => ValuePath.Normalize(field.Path) == name)))
            .Where(one => one.At >= 0).Select(one => $"{one.Name}={fields[one.At].Text.Trim('"')}")];
        return values.Length == _key.Length ? string.Join(", ", values) : null;
    }

    private static (List<RecordField> Before, List<RecordField> After) Differing(List<RecordField> before, List<RecordField> after)
    {
        HashSet<(string, UInt128)> left = [.. before.Select(field => (field.Path, field.Hash))];
        HashSet<(string, UInt128)> right = [.. after.Select(field => (field.Path, field.Hash))];
        return (
            [.. before.Where(field => !right.Contains((field.Path, field.Hash)))],
            [.. after.Where(field => !left.Contains((field.Path, field.Hash)))]);
    }

    private static string Text(List<RecordField>? fields) =>
        fields is null ? "" : string.Join(", ", fields.Select(field => field.Path.Length == 0 ? field.Text : $"{field.Path}={field.Text}"));
}
