using System.Collections;
using Defragger.Compare;
using Defragger.Comparers;
using Defragger.Comparers.Records;
using Defragger.PowerShell.Commands;
using Defragger.PowerShell.Parameters;

namespace Defragger.PowerShell;

/// <summary>How the built-in comparer reads a case: the settings of a call, checked, as its options.</summary>
internal sealed class ComparerSettings
{
    private readonly FormatCatalog _formats;
    private readonly CasePatterns<RecordKey> _keys;
    private readonly List<string> _told = []; // what a later run must have told too

    /// <exception cref="SetupException">A setting cannot be carried out.</exception>
    public ComparerSettings(InvokeDefragCompareCommand command)
    {
        List<KeyValuePair<string, ComparisonFormat>> formats = FormatsOf(command.Format);
        _formats = FormatCatalog.Default.With(formats);
        _told.AddRange(formats.Select(pair => $"{pair.Key}={FormatCatalog.NameOf(pair.Value)}"));
        _keys = KeysOf(command.Key);
        _told.AddRange(_keys.Entries.Select(entry => $"key {entry.Pattern}={entry.Value}"));
    }

    /// <summary>Nothing was asked for.</summary>
    public bool IsEmpty => _told.Count == 0;

    /// <summary>All settings in one line: with others, earlier results do not hold.</summary>
    public string Identity => string.Concat(_told.Select(setting => " " + setting));

    /// <summary>The comparer's options for a case.</summary>
    public IEnumerable<string> OptionsOf(string name) =>
    [
        "--format", FormatCatalog.NameOf(_formats.ByName(name)),
        .. (_keys.Find(name)?.Names ?? []).SelectMany(member => (string[])["--key", member]),
    ];

    private static List<KeyValuePair<string, ComparisonFormat>> FormatsOf(IDictionary formats)
    {
        var table = new List<KeyValuePair<string, ComparisonFormat>>();
        // A hashtable has no order: the longest pattern, the most particular, is asked first.
        foreach ((string pattern, string name) in DictionaryTransformationAttribute.Entries(formats)
            .OrderByDescending(entry => entry.Key.Length).ThenBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (!FormatCatalog.TryParse(name, out ComparisonFormat format))
            {
                throw new SetupException(ErrorKind.InvalidFormat,
                    $"'{name}' (for '{pattern}') is no format; the formats are {string.Join(", ", FormatCatalog.Names)}.", formats);
            }
            table.Add(new(pattern, format));
        }
        return table;
    }

    private static CasePatterns<RecordKey> KeysOf(IDictionary keys)
    {
        try
        {
            return new CasePatterns<RecordKey>(DictionaryTransformationAttribute.Entries(keys)
                .Select(entry => (entry.Key, new RecordKey(entry.Value.Split('+')))));
        }
        catch (FormatException e)
        {
            throw new SetupException(ErrorKind.InvalidKey,
                $"-Key: {e.Message}. Write NAME, or PATTERN=NAME, several names with '+' between them.", keys, e);
        }
    }
}
