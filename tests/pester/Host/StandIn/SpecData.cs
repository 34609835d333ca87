using System.Collections;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Defragger.Tests.Pester.StandIn;

/// <summary>
/// One element of -ForEach: <c>$_</c> in the block, and if it is a dictionary, a variable for each key. It also fills
/// the &lt;name&gt; places of block and test names.
/// </summary>
internal sealed partial class SpecData(bool present, object? element)
{
    public static readonly SpecData None = new(false, null);

    /// <summary>A place that a backtick before it makes plain text.</summary>
    [GeneratedRegex("(?<escape>`)?<(?<path>[^<>`]+)`?>")]
    private static partial Regex Place { get; }

    /// <summary>No -ForEach: one run without data. -ForEach: one run for each element, none if there is none.</summary>
    public static IEnumerable<SpecData> Of(bool given, object?[]? elements) =>
        given ? (elements ?? []).Select(e => new SpecData(true, e)) : [None];

    public void Define(PSVariableIntrinsics variables)
    {
        if (!present)
            return;
        variables.Set("_", element);
        if (PSObject.AsPSObject(element ?? "").BaseObject is IDictionary table)
        {
            foreach (DictionaryEntry entry in table)
                variables.Set($"{entry.Key}", entry.Value);
        }
    }

    public string Fill(string name, Block? around) => Place.Replace(name, match =>
    {
        string path = match.Groups["path"].Value;
        if (match.Groups["escape"].Success)
            return $"<{path}>";
        string[] steps = path.Split('.');
        for (SpecData? data = this; data is not null; data = around?.Data, around = around?.Parent)
        {
            if (data.TryFind(steps, out object? value))
                return Show.Plain(value);
        }

        return match.Value;
    });

    private bool TryFind(string[] steps, out object? value)
    {
        value = null;
        if (!present)
            return false;
        value = element;
        int first = steps[0] == "_" ? 1 : 0;
        for (int i = first; i < steps.Length; i++)
        {
            object? inner = value is null ? null : PSObject.AsPSObject(value).BaseObject;
            if (inner is IDictionary table && table.Contains(steps[i]))
                value = table[steps[i]];
            else if (i == 0)
                return false;
            else
                value = value is null ? null : PSObject.AsPSObject(value).Properties[steps[i]]?.Value;
        }

        return true;
    }
}
