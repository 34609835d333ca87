using System.Globalization;
using System.Text.Json.Nodes;

namespace Defragger.Tests.Comparers;

/// <summary>Findings over small alphabets, so that duplicates and near misses are frequent, and a writer of logs of them.</summary>
/// <remarks>The writer varies what must not matter: order of keys, forms of URIs, ids or indexes, nested noise.</remarks>
internal sealed record SarifLog(IReadOnlyList<SarifLog.Finding> Findings)
{
    private static readonly string[] s_files = ["src/a.c", "src/b c.c", "/abs/c.c"];

    public static SarifLog From(IEnumerable<byte> letters) => new([.. letters.Select(letter => new Finding(
        Rule: letter % 2,
        File: letter / 2 % 3,
        Line: 1 + (letter / 6 % 3),
        Message: letter / 18 % 2,
        Print: (letter / 36 % 4) - 1,
        Level: letter / 144 % 2))]);

    public string Write(int seed)
    {
        Random style = new(seed);
        JsonObject run = new()
        {
            ["tool"] = Shuffle(style, new JsonObject
            {
                ["driver"] = Shuffle(style, new JsonObject
                {
                    ["name"] = "model",
                    ["rules"] = new JsonArray([new JsonObject { ["id"] = "R0" }, new JsonObject { ["id"] = "R1", ["name"] = "x" }]),
                }),
                ["extensions"] = new JsonArray([new JsonObject { ["name"] = "other", ["rules"] = new JsonArray() }]),
            }),
            ["artifacts"] = new JsonArray([.. s_files.Select((_, i) => new JsonObject
            {
                ["location"] = new JsonObject { ["uri"] = Uri(style, i) },
                ["length"] = 7,
            })]),
            ["results"] = new JsonArray([.. Findings.Select(finding => Result(style, finding))]),
            ["graphs"] = new JsonArray([new JsonObject { ["results"] = "not these" }]),
        };
        return Shuffle(style, new JsonObject
        {
            ["version"] = "2.1.0",
            ["$schema"] = "https://example.org/sarif-2.1.0.json",
            ["runs"] = new JsonArray([Shuffle(style, run)]),
        }).ToJsonString();
    }

    private static JsonObject Result(Random style, Finding finding)
    {
        JsonObject result = new()
        {
            ["message"] = new JsonObject { ["text"] = $"message {finding.Message}", ["markdown"] = style.Next(9) },
            ["locations"] = new JsonArray([
                new JsonObject
                {
                    ["physicalLocation"] = Shuffle(style, new JsonObject
                    {
                        ["artifactLocation"] = Place(style, finding.File),
                        ["region"] = new JsonObject { ["startLine"] = finding.Line, ["snippet"] = new JsonObject { ["text"] = "x" } },
                    }),
                },
                new JsonObject { ["physicalLocation"] = new JsonObject { ["artifactLocation"] = new JsonObject { ["uri"] = "z" } } }]),
            ["codeFlows"] = new JsonArray([new JsonObject { ["ruleId"] = "not this one", ["locations"] = new JsonArray() }]),
            ["rank"] = style.Next(100),
        };
        if (finding.Level > 0)
            result["level"] = "error";
        string id = $"R{finding.Rule}";
        switch (style.Next(4))
        {
            case 0:
                result["ruleIndex"] = finding.Rule;
                break;
            case 1:
                result["rule"] = new JsonObject { ["id"] = id };
                break;
            case 2:
                result["rule"] = new JsonObject { ["index"] = finding.Rule };
                break;
            default:
                result["ruleId"] = id;
                break;
        }

        if (finding.Print >= 0)
            result["partialFingerprints"] = new JsonObject { ["hash/v1"] = finding.Print.ToString(CultureInfo.InvariantCulture) };
        return Shuffle(style, result);
    }

    private static JsonObject Place(Random style, int file) => style.Next(3) switch
    {
        0 => new JsonObject { ["index"] = file },
        1 => new JsonObject { ["index"] = 99, ["uri"] = Uri(style, file) },
        _ => new JsonObject { ["uri"] = Uri(style, file), ["uriBaseId"] = "SRCROOT" },
    };

    private static string Uri(Random style, int file)
    {
        string path = s_files[file];
        if (path[0] == '/')
            return style.Next(3) switch { 0 => "file://" + path, 1 => "file://localhost" + path, _ => path };
        string relative = style.Next(2) == 0 ? path : "./" + path;
        return style.Next(3) switch
        {
            0 => relative.Replace(" ", "%20", StringComparison.Ordinal),
            1 => relative.Replace('/', '\\'),
            _ => relative,
        };
    }

    private static JsonObject Shuffle(Random style, JsonObject from)
    {
        KeyValuePair<string, JsonNode?>[] members = [.. from];
        from.Clear();
        style.Shuffle(members);
        return new JsonObject(members);
    }

    internal sealed record Finding(int Rule, int File, int Line, int Message, int Print, int Level)
    {
        public (int, int, int, int, int) Key => (Rule, File, Line, Message, Level);
    }
}
