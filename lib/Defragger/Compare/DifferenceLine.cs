using System.Text.Json;
using Defragger.Comparers.Differences;

namespace Defragger.Compare;

/// <summary>The differences in a comparer's line.</summary>
/// <remarks>
/// <c>"differences":[{"kind":"updated","place":"src/a.c:12","from":"src/a.c:10","rule":"r","file":"src/a.c","line":12,
/// "before":"…","after":"…"}]</c>; kind and place are needed. A comparer that is not ours may tell more than is kept: what is
/// over the bounds is left out and cut.
/// </remarks>
internal static class DifferenceLine
{
    private const int LongestText = Excerpt.Longest + 2; // with a mark at both ends

    /// <summary>Reads them; null when there are none.</summary>
    /// <exception cref="FormatException">They are not what they should be.</exception>
    public static IReadOnlyList<Difference>? Read(JsonElement line)
    {
        if (!line.TryGetProperty("differences", out JsonElement told) || told.ValueKind == JsonValueKind.Null) return null;
        if (told.ValueKind != JsonValueKind.Array)
            throw new FormatException($"the comparer's last line has \"differences\":{Shown(told)}, which is no array");
        List<Difference> read = [.. told.EnumerateArray().Take(DifferenceList.MaximumLimit).Select(One)];
        return read.Count == 0 ? null : read;
    }

    private static Difference One(JsonElement one)
    {
        if (one.ValueKind != JsonValueKind.Object || Text(one, "place") is not string place || KindOf(one) is not DifferenceKind kind)
        {
            throw new FormatException(
                $"the comparer's last line has {Shown(one)} in \"differences\"; write an object with \"place\" and a \"kind\" of {string.Join(", ", Enum.GetNames<DifferenceKind>()).ToLowerInvariant()}");
        }
        return new Difference
        {
            Kind = kind,
            Place = place,
            From = Text(one, "from"),
            Rule = Text(one, "rule"),
            File = Text(one, "file"),
            Line = one.TryGetProperty("line", out JsonElement line) && line.ValueKind == JsonValueKind.Number
                && line.TryGetInt64(out long number) ? number : null,
            Before = Text(one, "before"),
            After = Text(one, "after"),
        };
    }

    private static DifferenceKind? KindOf(JsonElement one) =>
        Text(one, "kind") is string name && name.Length > 0 && char.IsAsciiLetter(name[0])
        && Enum.TryParse(name, ignoreCase: true, out DifferenceKind kind) ? kind : null;

    private static string? Text(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out JsonElement value) || value.ValueKind != JsonValueKind.String) return null;
        string text = value.GetString()!;
        return text.Length > LongestText ? Excerpt.Of(text) : text;
    }

    private static string Shown(JsonElement value) => Excerpt.Of(value.GetRawText());
}
