using System.Globalization;
using System.Text.Json.Nodes;

namespace Defragger.Tests.Comparers.Matching;

/// <summary>A SARIF log that edits change as people and tools change code and results: see answers.txt.</summary>
internal sealed class EditedLog
{
    private readonly JsonNode _log;

    public EditedLog(string text)
    {
        _log = JsonNode.Parse(text)!;
        Numbers = [.. Enumerable.Range(0, Results.Count)];
    }

    private EditedLog(JsonNode log, IReadOnlyList<int> numbers)
    {
        _log = log;
        Numbers = numbers;
    }

    /// <summary>For each finding, in the order of the file, the number that it had before it was shuffled.</summary>
    public IReadOnlyList<int> Numbers { get; private set; }

    private JsonArray Results => _log["runs"]![0]!["results"]!.AsArray();

    public EditedLog Clone() => new(_log.DeepClone(), Numbers);

    public override string ToString() => _log.ToJsonString();

    /// <summary>Carries out one edit.</summary>
    public void Edit(string edit)
    {
        string[] words = edit.Split(' ');
        string Rest(int from) => string.Join(' ', words[from..]);
        JsonNode Finding() => Results[Number(words[1])]!;
        switch (words[0])
        {
            case "shift":
                Shift(Results, Number(words[1]), Number(words[2]));
                break;
            case "drop":
                Results.RemoveAt(Number(words[1]));
                Numbers = [.. Enumerable.Range(0, Results.Count)];
                break;
            case "copy":
                Results.Add(Finding().DeepClone());
                Numbers = [.. Enumerable.Range(0, Results.Count)];
                Region(Results[^1]!)["startLine"] = Number(words[2]);
                break;
            case "line":
                Region(Finding())["startLine"] = Number(words[2]);
                break;
            case "rule":
                foreach (JsonNode? result in Results.Where(result => (string?)result!["ruleId"] == words[1]))
                    result!["ruleId"] = words[2];
                break;
            case "rename":
                Rename(Results, words[1], words[2]);
                break;
            case "move":
                Rename(Finding(), (string)Physical(Finding())["artifactLocation"]!["uri"]!, words[2]);
                break;
            case "message":
                Finding()["message"]!["text"] = Rest(2);
                break;
            case "level":
                Finding()["level"] = words[2];
                break;
            case "snippet":
                Region(Finding())["snippet"] = new JsonObject { ["text"] = Rest(2) };
                break;
            case "print":
                Finding()["partialFingerprints"] = new JsonObject { [words[2]] = words[3] };
                break;
            case "id":
                Finding()["fingerprints"] = new JsonObject { ["id"] = words[2] };
                break;
            case "flow":
                JsonArray steps = Finding()["codeFlows"]![0]!["threadFlows"]![0]!["locations"]!.AsArray();
                steps.Insert(1, steps[0]!.DeepClone());
                break;
            case "shuffle":
                Shuffle(new Random(Number(words[1])));
                break;
            default:
                throw new ArgumentException($"there is no edit '{edit}'");
        }
    }

    private void Shuffle(Random random)
    {
        (JsonNode Result, int Number)[] results = [.. Results.Select(result => result!.DeepClone()).Zip(Numbers)];
        random.Shuffle(results);
        Results.Clear();
        foreach ((JsonNode result, _) in results)
            Results.Add(result);
        Numbers = [.. results.Select(result => result.Number)];
    }

    private static JsonNode Physical(JsonNode result) => result["locations"]![0]!["physicalLocation"]!;

    private static JsonNode Region(JsonNode result) => Physical(result)["region"]!;

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static void Shift(JsonNode? node, int from, int by) => Walk(node, (JsonObject parent, string name, JsonNode value) =>
    {
        if (name is "startLine" or "endLine" && (int)value >= from)
            parent[name] = (int)value + by;
    });

    private static void Rename(JsonNode? node, string from, string to) => Walk(node, (JsonObject parent, string name, JsonNode value) =>
    {
        if (name == "uri" && (string?)value == from)
            parent[name] = to;
    });

    private static void Walk(JsonNode? node, Action<JsonObject, string, JsonNode> scalar)
    {
        if (node is JsonArray array)
        {
            foreach (JsonNode? item in array)
                Walk(item, scalar);
        }
        else if (node is JsonObject parent)
        {
            foreach ((string name, JsonNode? value) in parent.ToList())
            {
                if (value is JsonValue)
                    scalar(parent, name, value);
                else
                    Walk(value, scalar);
            }
        }
    }
}
