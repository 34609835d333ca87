using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Defragger.Comparers.Differences;

/// <summary>A finding as far as it is shown.</summary>
internal sealed record ShownFinding(
    string Place, string? Rule, string? File, long? Line, string Message, string? Level, string? Snippet)
{
    /// <summary>A finding of which only the place is known.</summary>
    /// <param name="file">The file's name or URI; null where there is none.</param>
    /// <param name="line">The line, as it is written.</param>
    /// <param name="otherwise">How it is called without a file.</param>
    public static ShownFinding At(string? file, string? line, string otherwise)
    {
        if (file is not null)
            file = Encoding.UTF8.GetString(SarifUri.Normalize(Encoding.UTF8.GetBytes(file)));
        string where = file is null ? otherwise : line is null ? file : $"{file}:{line}";
        long? number = long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out long parsed) ? parsed : null;
        return new(Excerpt.Of(where), null, file is null ? null : Excerpt.Of(file), number, "", null, null);
    }
}

/// <summary>Reads what findings of SARIF logs say that differ.</summary>
internal static class FindingText
{
    /// <summary>A finding that is longer is told by its place in the file alone.</summary>
    private const int LongestFinding = 4 * 1024 * 1024;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = JsonErrors.MaximumDepth };

    /// <summary>The differences with their text.</summary>
    public static IReadOnlyList<Difference> Read(DifferenceList list, SourceFile baseline, SourceFile candidate) =>
        [.. list.Kept().Select(found => Tell(found.Kind, Of(baseline, found.Baseline), Of(candidate, found.Candidate)))];

    /// <summary>One difference of two findings, or of one that has no counterpart.</summary>
    public static Difference Tell(DifferenceKind kind, ShownFinding? before, ShownFinding? after)
    {
        ShownFinding shown = after ?? before!;
        string? from = before is not null && after is not null && before.Place != after.Place ? before.Place : null;
        (string? left, string? right) = (before?.Message, after?.Message);
        if (before is not null && after is not null)
        {
            // Said only where it is the difference, or part of it.
            if (before.Snippet != after.Snippet && before.Message == after.Message && kind != DifferenceKind.Moved)
                (left, right) = (Joined(left, " | ", before.Snippet), Joined(right, " | ", after.Snippet));
            if (before.Level != after.Level)
                (left, right) = (Joined(before.Level ?? "no level", ": ", left), Joined(after.Level ?? "no level", ": ", right));
            if (before.Rule != after.Rule)
                (left, right) = (Joined(before.Rule, ": ", left), Joined(after.Rule, ": ", right));
            (left, right) = Excerpt.Of(left ?? "", right ?? "");
        }

        return new Difference
        {
            Kind = kind,
            Place = shown.Place,
            From = from,
            Rule = shown.Rule,
            File = shown.File,
            Line = shown.Line,
            Before = before is null ? null : Excerpt.Of(left ?? ""),
            After = after is null ? null : Excerpt.Of(right ?? ""),
        };
    }

    private static string? Joined(string? first, string between, string? second) =>
        first is null ? second : second is null ? first : first + between + second;

    private static ShownFinding? Of(SourceFile file, Extent extent)
    {
        if (!extent.Exists)
            return null;
        string unread = string.Create(CultureInfo.InvariantCulture, $"the finding at byte {extent.Offset}");
        if (file.ReadUpTo(extent.Offset, extent.Length, LongestFinding) is not ReadOnlyMemory<byte> text)
            return ShownFinding.At(null, null, unread);
        try
        {
            // A document hands out no text that is not UTF-8, not even as it is written.
            if (!Utf8.IsValid(text.Span))
                text = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text.Span));
            using JsonDocument document = JsonDocument.Parse(text, s_options);
            return Of(document.RootElement, unread);
        }
        catch (JsonException e)
        {
            throw new ComparisonException(file.Path, "was changed while being read", e);
        }
        catch (InvalidOperationException)
        {
            return ShownFinding.At(null, null, unread); // half a surrogate pair in the name of a member
        }
    }

    private static ShownFinding Of(JsonElement result, string unknown)
    {
        JsonElement? place = First(result, "locations") is { } location ? Member(location, "physicalLocation") : null;
        JsonElement? region = Member(place, "region");
        return ShownFinding.At(FileOf(Member(place, "artifactLocation")), Text(Member(region, "startLine")), unknown) with
        {
            Rule = RuleOf(result),
            Message = MessageOf(Member(result, "message")),
            Level = Joined(Text(Member(result, "level")), "/", Text(Member(result, "kind"))),
            Snippet = Text(Member(Member(region, "snippet"), "text")),
        };
    }

    private static string? FileOf(JsonElement? artifact) =>
        Text(Member(artifact, "uri")) is string uri ? uri
            : Text(Member(artifact, "index")) is string index ? $"artifact {index}" : null;

    private static string? RuleOf(JsonElement result)
    {
        JsonElement? rule = Member(result, "rule");
        string? id = Text(Member(result, "ruleId")) ?? Text(Member(rule, "id"));
        string? index = Text(Member(result, "ruleIndex")) ?? Text(Member(rule, "index"));
        return id is not null ? Excerpt.Of(id) : index is not null ? $"rule {index}" : null;
    }

    private static string MessageOf(JsonElement? message)
    {
        string text = Text(Member(message, "text")) ?? Text(Member(message, "markdown")) ?? Text(Member(message, "id")) ?? "";
        return Member(message, "arguments") is { ValueKind: JsonValueKind.Array } arguments
            ? $"{text} ({string.Join(", ", arguments.EnumerateArray().Select(argument => Text(argument)))})"
            : text;
    }

    private static JsonElement? First(JsonElement parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() > 0 ? array[0] : null;

    private static JsonElement? Member(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out JsonElement value) ? value : null;

    /// <summary>A scalar as text, however it is written; null for anything else.</summary>
    private static string? Text(JsonElement? value)
    {
        try
        {
            return value is not { } found ? null
                : found.ValueKind == JsonValueKind.String ? found.GetString()
                : found.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False ? found.GetRawText()
                : null;
        }
        catch (InvalidOperationException)
        {
            return value!.Value.GetRawText(); // half a surrogate pair: as it is written
        }
    }
}
