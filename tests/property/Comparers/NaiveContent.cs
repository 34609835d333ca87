using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Defragger.Comparers;

namespace Defragger.Tests.Comparers;

/// <summary>What a file says, as one string, found out in the simplest way: whole files, parsed trees, no hashes.</summary>
/// <remarks>Null means that this model does not know: text that is not Unicode, exponents of many digits.</remarks>
internal static class NaiveContent
{
    /// <exception cref="JsonException">It is not JSON, or an object repeats a key.</exception>
    public static string? OfJson(byte[] file)
    {
        using JsonDocument document = JsonDocument.Parse(WithoutMark(file), new JsonDocumentOptions { MaxDepth = 1000 });
        try
        {
            return OfValue(document.RootElement);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A line that is no JSON counts as written.</summary>
    public static string? OfJsonLines(byte[] file)
    {
        string text = Latin(WithoutMark(file));
        string[] lines = text.Split('\n');
        string?[] records = [.. lines.SkipLast(lines[^1].Length == 0 ? 1 : 0).Select(OfLine)];
        return records.Contains(null) ? null : string.Join('\n', records);
    }

    /// <summary>One content for each separator that the file could have.</summary>
    public static IEnumerable<string> OfCsv(byte[] file) => ",;\t|".Select(separator => OfCsv(Latin(WithoutMark(file)), separator));

    /// <summary>
    /// The findings, sorted, without their places: what they must agree in to be the same. Null if a key is repeated.
    /// </summary>
    public static string? OfSarif(byte[] file)
    {
        try
        {
            if (OfJson(file) is null)
                return null;
        }
        catch (JsonException)
        {
            return null;
        }

        using JsonDocument document = JsonDocument.Parse(WithoutMark(file));
        List<string> findings = [];
        foreach (JsonElement run in Items(Member(document.RootElement, "runs")))
        {
            string tool = Text(Member(Member(Member(run, "tool"), "driver"), "name"));
            foreach (JsonElement result in Items(Member(run, "results")))
            {
                if (Text(Member(result, "baselineState")) == "s\"absent\"")
                    continue;
                JsonElement message = Member(result, "message");
                JsonElement location = Items(Member(result, "locations")).FirstOrDefault();
                JsonElement line = Member(Member(Member(location, "physicalLocation"), "region"), "startLine");
                findings.Add($"{tool} {Text(Member(result, "ruleId"))} {Text(line)} {Text(Member(message, "text"))}"
                    + $" {string.Concat(Items(Member(message, "arguments")).Select(Text))}");
            }
        }

        findings.Sort(StringComparer.Ordinal);
        return string.Join('\n', findings);
    }

    private static string? OfLine(string line)
    {
        if (line.Trim(' ', '\t', '\r').Length == 0)
            return "blank";
        try
        {
            return OfJson(Encoding.Latin1.GetBytes(line)) is { } value ? "json " + value : null;
        }
        catch (JsonException)
        {
            return "raw " + line;
        }
    }

    private static string OfValue(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                List<string> members = [];
                HashSet<string> names = [];
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    if (!names.Add(member.Name))
                        throw new JsonException("repeated key");
                    members.Add($"{JsonSerializer.Serialize(member.Name)}:{OfValue(member.Value)}");
                }

                members.Sort(StringComparer.Ordinal);
                return $"{{{string.Join(',', members)}}}";
            case JsonValueKind.Array:
                return $"[{string.Join(',', value.EnumerateArray().Select(OfValue))}]";
            case JsonValueKind.String:
                return "s" + JsonSerializer.Serialize(value.GetString());
            case JsonValueKind.Number:
                return OfNumber(value.GetRawText());
            default:
                return value.GetRawText();
        }
    }

    /// <summary>A fraction of whole numbers, in lowest terms as far as tens go.</summary>
    private static string OfNumber(string text)
    {
        string[] parts = text.ToLowerInvariant().Split('e');
        string[] digits = parts[0].Split('.');
        if (parts.Length > 1 && parts[1].Length > 5)
            throw new InvalidOperationException("too large for this model");
        BigInteger number = BigInteger.Parse(string.Concat(digits), CultureInfo.InvariantCulture);
        int tens = (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0)
            - (digits.Length > 1 ? digits[1].Length : 0);
        if (number.IsZero)
            return "n0";
        for (; number % 10 == 0; tens++)
            number /= 10;
        return $"n{number}e{tens}";
    }

    private static string OfCsv(string text, char separator)
    {
        StringBuilder content = new();
        int at = 0;
        while (at < text.Length)
        {
            content.Append("row");
            do
            {
                string field = Field(text, separator, ref at);
                content.Append(CultureInfo.InvariantCulture, $" {field.Length}:{field}");
            }
            while (at < text.Length && text[at++] == separator);
            if (at < text.Length && text[at - 1] == '\r' && text[at] == '\n')
                at++;
            else if (at == text.Length && text[at - 1] == separator)
                content.Append(" 0:");
            content.Append('\n');
        }

        return content.ToString();
    }

    private static string Field(string text, char separator, ref int at)
    {
        StringBuilder field = new();
        if (at < text.Length && text[at] == '"')
        {
            for (at++; at < text.Length && (text[at] != '"' || (at + 1 < text.Length && text[at + 1] == '"')); at++)
                field.Append(text[text[at] == '"' ? at++ : at]);
            at++;
        }

        for (; at < text.Length && text[at] != separator && text[at] is not ('\r' or '\n'); at++)
            field.Append(text[at]);
        return field.ToString();
    }

    private static JsonElement Member(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement member) ? member : default;

    private static JsonElement.ArrayEnumerator Items(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : default;

    private static string Text(JsonElement value) => value.ValueKind is JsonValueKind.Undefined ? "-" : OfValue(value);

    private static byte[] WithoutMark(byte[] file) => file is [0xEF, 0xBB, 0xBF, .. byte[] rest] ? rest : file;

    /// <summary>A character for each byte, so that nothing is replaced.</summary>
    private static string Latin(byte[] file) => Encoding.Latin1.GetString(file);
}
