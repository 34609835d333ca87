using System.Globalization;
using System.Text.Json;
using Defragger.Comparers.Matching;

namespace Defragger.Comparers.Rules;

/// <summary>The text of ignore rules: a JSON array of objects, made to be reviewed like code.</summary>
/// <remarks>
/// <c>[{ "when": ["new", "moved"], "path": "third_party/*", "rule": "core.*", "reason": "not ours", "bug": "#12",
/// "owner": "ann", "expires": "2027-01-31" }]</c>. Comments and trailing commas are allowed. An unknown member is an error: a
/// mistyped "path" would ignore everything.
/// </remarks>
internal static class IgnoreRuleFile
{
    private const long LongestFile = 16 * 1024 * 1024;

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It is no list of rules; the message names the file and the rule.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<IgnoreRule> Read(string path)
    {
        if (new FileInfo(path).Length > LongestFile)
            throw new FormatException($"{path}: is longer than 16 MiB, which no person has reviewed");
        return Parse(path, File.ReadAllBytes(path));
    }

    /// <summary>Reads a text.</summary>
    /// <param name="name">What the text is called in messages.</param>
    /// <param name="text">UTF-8, with or without its mark.</param>
    /// <exception cref="FormatException">It is no list of rules.</exception>
    public static IReadOnlyList<IgnoreRule> Parse(string name, ReadOnlyMemory<byte> text)
    {
        try
        {
            if (text.Span is [0xEF, 0xBB, 0xBF, ..])
                text = text[3..];
            JsonDocumentOptions options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
            using JsonDocument document = JsonDocument.Parse(text, options);
            if (document.RootElement.ValueKind != JsonValueKind.Array)
                throw new FormatException($"{name}: ignore rules are an array of objects");
            return [.. document.RootElement.EnumerateArray().Select((rule, index) => ParseRule($"{name}, rule {index + 1}", rule))];
        }
        catch (JsonException e)
        {
            throw new FormatException($"{name}: is not valid JSON: {e.Message}", e);
        }
    }

    private static IgnoreRule ParseRule(string place, JsonElement rule)
    {
        if (rule.ValueKind != JsonValueKind.Object)
            throw new FormatException($"{place}: is no object");
        IgnoreRule read = new() { Reason = "" };
        foreach (JsonProperty member in rule.EnumerateObject())
        {
            read = member.Name switch
            {
                "when" => read with { When = Changes(place, member.Value) },
                "case" => read with { Case = Text(place, member) },
                "path" => read with { Path = Text(place, member) },
                "rule" => read with { Rule = Text(place, member) },
                "reason" => read with { Reason = Text(place, member) },
                "bug" => read with { Bug = Text(place, member) },
                "owner" => read with { Owner = Text(place, member) },
                "expires" => read with { Expires = Day(place, Text(place, member)) },
                _ => throw new FormatException(
                    $"{place}: there is no member '{member.Name}'; there are when, case, path, rule, reason, bug, owner, expires"),
            };
        }

        return read.Reason.Trim().Length > 0 ? read : throw new FormatException($"{place}: needs a 'reason'");
    }

    private static string Text(string place, JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.String && member.Value.GetString() is { Length: > 0 } text
            ? text
            : throw new FormatException($"{place}: '{member.Name}' must be a text");

    private static DateOnly Day(string place, string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? day
            : throw new FormatException($"{place}: '{text}' is no day; write 'expires' as 2027-01-31");

    private static List<FindingChange>? Changes(string place, JsonElement when)
    {
        IEnumerable<JsonElement> words = when.ValueKind == JsonValueKind.Array ? when.EnumerateArray() : [when];
        List<FindingChange> changes = [];
        foreach (JsonElement word in words)
        {
            string? text = word.ValueKind == JsonValueKind.String ? word.GetString() : null;
            if (text == "any")
                return null;
            changes.Add(text switch
            {
                "new" => FindingChange.New,
                "absent" => FindingChange.Absent,
                "updated" => FindingChange.Updated,
                "moved" => FindingChange.Moved,
                _ => throw new FormatException($"{place}: 'when' is new, absent, updated, moved or any, or several of them in an array, not {word.GetRawText()}"),
            });
        }

        return changes.Count > 0 ? changes : throw new FormatException($"{place}: 'when' names nothing");
    }
}
