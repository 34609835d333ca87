using System.Management.Automation;
using System.Text.Json;
using Defragger.Compare;

namespace Defragger.PowerShell.Parameters;

/// <summary>Reads cases out of what people hand in: names, file objects, rows of a manifest.</summary>
/// <param name="baseline">Full path of the baseline's directory.</param>
/// <param name="candidate">Full path of the candidate's directory.</param>
/// <param name="fullPath">Turns a path of the session's into a full one.</param>
internal sealed class CaseReader(string baseline, string candidate, Func<string, string> fullPath)
{
    /// <summary>Reads a pipeline object.</summary>
    /// <exception cref="FormatException">It tells no case; the message says why.</exception>
    public TestCase Read(PSObject item) => item.BaseObject switch
    {
        string name => ByName(name),
        FileSystemInfo file => ByPath(file.FullName),
        _ => ByRow(item),
    };

    /// <summary>Reads a line of a manifest: a name, or a JSON object with case, baseline and candidate.</summary>
    /// <returns>The case, or null for a blank line or a comment ('#').</returns>
    /// <exception cref="FormatException">It tells no case; the message says why.</exception>
    public TestCase? ReadLine(string line)
    {
        string text = line.Trim();
        if (text.Length == 0 || text[0] == '#') return null;
        if (text[0] != '{') return ByName(text);
        try
        {
            using JsonDocument row = JsonDocument.Parse(text);
            return Make(Member("case") ?? Member("name"), Member("baseline"), Member("candidate"), text);

            string? Member(string name) =>
                row.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
                    ? value.GetString() : null;
        }
        catch (JsonException e)
        {
            throw new FormatException($"the line begins with '{{' but is not JSON: {e.Message}", e);
        }
    }

    private TestCase ByName(string name)
    {
        // Get-ChildItem -Name and Get-Content give names; a full path is taken for the file it names.
        if (Path.IsPathRooted(name)) return ByPath(name);
        string plain = name.Replace('\\', '/');
        if (plain.StartsWith("./", StringComparison.Ordinal)) plain = plain[2..];
        return CaseName.Fault(plain) is string fault
            ? throw new FormatException($"'{name}' is no case name: {fault}")
            : CaseName.Locate(plain, baseline, candidate);
    }

    private TestCase ByPath(string path) =>
        (CaseName.Below(path, baseline) ?? CaseName.Below(path, candidate)) is string name
            ? CaseName.Locate(name, baseline, candidate)
            : throw new FormatException($"'{path}' lies neither below '{baseline}' nor below '{candidate}'");

    private TestCase ByRow(PSObject item)
    {
        return Make(Member("Case") ?? Member("Name"), Member("BaselinePath") ?? Member("Baseline"),
            Member("CandidatePath") ?? Member("Candidate"), item.ToString());

        string? Member(string name) => item.Properties[name]?.Value?.ToString() is { Length: > 0 } text ? text : null;
    }

    private TestCase Make(string? name, string? left, string? right, string shown)
    {
        if (name == null) throw new FormatException($"'{shown}' has no 'case'");
        if (left == null && right == null) return ByName(name);
        return CaseName.Fault(name) is string fault
            ? throw new FormatException($"'{name}' is no case name: {fault}")
            : new TestCase(name, Existing(left), Existing(right));
    }

    private string? Existing(string? path) => path != null && fullPath(path) is string full && Path.Exists(full) ? full : null;
}
