using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace Defragger.PowerShell.Parameters;

/// <summary>Takes 'a=1,b=2', or several such words, where a dictionary is wanted: the form that a command line can
/// carry.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DictionaryTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>The key of words without '=', whose values are joined with '+'; null where each word must have one.</summary>
    public string? Otherwise { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object data = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        string? text = data is string one ? one
            : data is object[] several && several.All(word => (word is PSObject boxed ? boxed.BaseObject : word) is string)
            ? string.Join(',', several) : null;
        if (text == null) return inputData;
        var table = new Hashtable();
        foreach (string part in text.Split([',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int middle = part.LastIndexOf('=');
            if (middle < 0 && Otherwise != null)
            {
                table[Otherwise] = table[Otherwise] is string before ? $"{before}+{part}" : part;
                continue;
            }
            if (middle <= 0)
                throw new ArgumentTransformationMetadataException($"'{part}' has no '='; write KEY=VALUE, several with commas.");
            table[part[..middle].Trim()] = part[(middle + 1)..].Trim();
        }
        return table;
    }

    /// <summary>The entries as text, in the culture-free form.</summary>
    internal static IEnumerable<(string Key, string Value)> Entries(IDictionary table)
    {
        foreach (DictionaryEntry entry in table) yield return (Text(entry.Key), Text(entry.Value));

        static string Text(object? value) => value switch
        {
            PSObject wrapped => Text(wrapped.BaseObject),
            object[] several => string.Join('+', several.Select(Text)),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
    }
}
