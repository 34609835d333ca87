using System.Collections;
using System.Security.Cryptography;
using Defragger.Compare;
using Defragger.Comparers;
using Defragger.Comparers.Differences;
using Defragger.Comparers.Records;
using Defragger.Comparers.Rules;
using Defragger.PowerShell.Commands;
using Defragger.PowerShell.Parameters;

namespace Defragger.PowerShell;

/// <summary>How the built-in comparer reads a case: the settings of a call, checked, as its options.</summary>
internal sealed class ComparerSettings
{
    private readonly FormatCatalog _formats;
    private readonly CasePatterns<RecordKey> _keys;
    private readonly List<string> _tolerances;
    private readonly int _maxDifference;
    private readonly string? _rulePath;
    private readonly IReadOnlyList<IgnoreRule> _rules = [];
    private readonly DateOnly _today = DateOnly.FromDateTime(DateTime.UtcNow);
    private readonly List<string> _told = []; // what a later run must have told too

    /// <exception cref="SetupException">A setting cannot be carried out.</exception>
    public ComparerSettings(InvokeDefragCompareCommand command, Func<string, string> fullPath)
    {
        List<KeyValuePair<string, ComparisonFormat>> formats = FormatsOf(command.Format);
        _formats = FormatCatalog.Default.With(formats);
        _told.AddRange(formats.Select(pair => $"{pair.Key}={FormatCatalog.NameOf(pair.Value)}"));
        _keys = KeysOf(command.Key);
        _told.AddRange(_keys.Entries.Select(entry => $"key {entry.Pattern}={entry.Value}"));
        _tolerances = TolerancesOf(command.Tolerance);
        _told.AddRange(_tolerances.Select(entry => $"tolerance {entry}"));
        _maxDifference = command.MaxDifference;
        if (_maxDifference != DifferenceList.DefaultLimit) _told.Add($"differences {_maxDifference}");
        if (command.IgnoreRule == null) return;
        _rulePath = fullPath(command.IgnoreRule);
        (_rules, string content) = RulesOf(_rulePath);
        // What a rule says decides, and whether it still holds; not where the file is.
        _told.Add($"ignore {content} expired {string.Join(',', ExpiredRules())}");
    }

    /// <summary>Nothing was asked for.</summary>
    public bool IsEmpty => _told.Count == 0;

    /// <summary>PATTERN=BOUND of each tolerance.</summary>
    public IReadOnlyList<string> Tolerances => _tolerances;

    /// <summary>The ignore rules, in the order of their file.</summary>
    public IReadOnlyList<IgnoreRule> IgnoreRules => _rules;

    /// <summary>Full path of their file; null for none.</summary>
    public string? RulePath => _rulePath;

    /// <summary>All settings in one line: with others, earlier results do not hold.</summary>
    public string Identity => string.Concat(_told.Select(setting => " " + setting));

    /// <summary>The comparer's options for a case.</summary>
    public IEnumerable<string> OptionsOf(string name) =>
    [
        "--format", FormatCatalog.NameOf(_formats.ByName(name)),
        .. (_keys.Find(name)?.Names ?? []).SelectMany(member => (string[])["--key", member]),
        .. _tolerances.SelectMany(tolerance => (string[])["--tolerance", tolerance]),
        "--max-difference", _maxDifference.ToString(System.Globalization.CultureInfo.InvariantCulture),
        .. _rulePath == null ? (string[])[] : ["--ignore", _rulePath, "--case", name],
    ];

    /// <summary>What is to be said of the ignore rules when a run has ended.</summary>
    public IEnumerable<string> RuleWarnings(CompareSummary summary)
    {
        List<int> expired = ExpiredRules();
        for (int rule = 0; rule < _rules.Count; rule++)
        {
            if (expired.Contains(rule))
                yield return $"Ignore rule {rule + 1} of '{_rulePath}' expired on {_rules[rule].Expires:yyyy-MM-dd} and is not applied: {_rules[rule]}.";
            else if (!summary.IgnoredBy.ContainsKey(rule) && !summary.Stopped)
                yield return $"Ignore rule {rule + 1} of '{_rulePath}' covered nothing: {_rules[rule]}. Remove it, or correct it.";
        }
    }

    private List<int> ExpiredRules() => [.. Enumerable.Range(0, _rules.Count).Where(rule => _rules[rule].HasExpired(_today))];

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

    private static List<string> TolerancesOf(IDictionary tolerances)
    {
        try
        {
            return
            [
                .. DictionaryTransformationAttribute.Entries(tolerances)
                    .Select(entry => $"{entry.Key}={Defragger.Comparers.Rules.Tolerance.Parse(entry.Value)}").Order(StringComparer.Ordinal),
            ];
        }
        catch (FormatException e)
        {
            throw new SetupException(ErrorKind.InvalidTolerance, $"-Tolerance: {e.Message}.", tolerances, e);
        }
    }

    private static (IReadOnlyList<IgnoreRule> Rules, string Content) RulesOf(string path)
    {
        try
        {
            return (IgnoreRuleFile.Read(path), Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))));
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new SetupException(ErrorKind.InvalidIgnoreRule, $"-IgnoreRule: {e.Message}", path, e);
        }
    }
}
