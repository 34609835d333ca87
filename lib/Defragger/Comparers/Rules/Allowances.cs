using System.IO.Enumeration;
using Defragger.Comparers.Matching;

namespace Defragger.Comparers.Rules;

/// <summary>What may differ in one case: tolerances by path, ignore rules, and how often each of them was used.</summary>
/// <remarks>
/// Rules are asked in the order of their file, and the first that covers a difference is the one that counts. Rules that have
/// expired, or are for other cases, are not asked.
/// </remarks>
internal sealed class Allowances
{
    /// <summary>Nothing may differ.</summary>
    public static readonly Allowances None = new([], [], "", default);

    private readonly (string Pattern, Tolerance Tolerance)[] _tolerances;
    private readonly IReadOnlyList<IgnoreRule> _rules;
    private readonly Func<Allowances> _anew;
    private readonly string?[] _valuePatterns; // of the rules' paths, as values are asked for them
    private readonly int[] _active;
    private readonly long[] _hits;

    /// <param name="tolerances">By patterns of paths; the longest pattern that matches decides.</param>
    /// <param name="rules">All rules of the file.</param>
    /// <param name="caseName">The case.</param>
    /// <param name="today">For rules that expire (UTC).</param>
    public Allowances(
        IEnumerable<(string Pattern, Tolerance Tolerance)> tolerances,
        IReadOnlyList<IgnoreRule> rules,
        string caseName,
        DateOnly today)
    {
        _tolerances = [.. tolerances.Select(entry => (ValuePath.Normalize(entry.Pattern), entry.Tolerance)).OrderByDescending(entry => entry.Item1.Length)];
        _anew = () => new Allowances(tolerances, rules, caseName, today);
        _rules = rules;
        _hits = new long[rules.Count];
        _valuePatterns = [.. rules.Select(rule => rule.Path is { } pattern ? ValuePath.Normalize(pattern) : null)];
        _active =
        [
            .. Enumerable.Range(0, rules.Count).Where(index =>
                !rules[index].HasExpired(today) && (rules[index].Case is not { } pattern || Matches(pattern, caseName))),
        ];
    }

    public bool HasTolerances => _tolerances.Length > 0;

    public bool HasRules => _active.Length > 0;

    /// <summary>Whether a rule asks for the path of a value.</summary>
    public bool HasPaths => _active.Any(rule => _rules[rule] is { Path: not null, Rule: null });

    /// <summary>Values that differed within their tolerance.</summary>
    public long Tolerated { get; set; }

    /// <summary>How often each rule covered a difference, by its place in the file, from 0; only those that did.</summary>
    public IEnumerable<(int Rule, long Count)> Hits => _active.Where(rule => _hits[rule] > 0).Select(rule => (rule, _hits[rule]));

    /// <summary>The tolerance of a value, or null.</summary>
    public Tolerance? ToleranceOf(ReadOnlySpan<char> path)
    {
        foreach ((string pattern, Tolerance tolerance) in _tolerances)
        {
            if (ValuePath.Matches(pattern, path))
                return tolerance;
        }

        return null;
    }

    /// <summary>The rules that ask for nothing but what became of a thing: all there are for records, lines and bytes.</summary>
    public int[] Plain() => Where(static rule => rule.Path is null && rule.Rule is null);

    /// <summary>The same, as if nothing had been asked yet.</summary>
    public Allowances Anew() => _anew();

    /// <summary>The rules that a value of a record could be covered by: those that ask for its path.</summary>
    public int[] ForPath(ReadOnlySpan<char> path) => [.. ForValue(path).Where(rule => _rules[rule].Path is not null)];

    /// <summary>The rules that a value could be covered by.</summary>
    public int[] ForValue(ReadOnlySpan<char> path)
    {
        List<int> rules = [];
        foreach (int index in _active)
        {
            if (_rules[index].Rule is null && (_valuePatterns[index] is not { } pattern || ValuePath.Matches(pattern, path)))
                rules.Add(index);
        }

        return [.. rules];
    }

    /// <summary>The rules that findings of a file could be covered by; null for findings without a file.</summary>
    public int[] ForFile(string? file) => Where(rule => rule.Path is not { } pattern || (file is not null && Matches(pattern, file)));

    /// <summary>The rules that findings of an analyser's rule could be covered by; null for findings without one.</summary>
    public int[] ForRule(string? id) => Where(rule => rule.Rule is not { } pattern || (id is not null && Matches(pattern, id)));

    /// <summary>Whether a rule that is in both lists covers a difference of this kind; counts it for the first that does.</summary>
    public bool TryIgnore(FindingChange change, int[] rules, int[]? andIn = null, long count = 1)
    {
        foreach (int rule in rules)
        {
            bool isFor = _rules[rule].When is not { } changes || changes.Contains(change);
            if (isFor && (andIn is null || Array.BinarySearch(andIn, rule) >= 0))
            {
                _hits[rule] += count;
                return true;
            }
        }

        return false;
    }

    private int[] Where(Func<IgnoreRule, bool> takes) => [.. _active.Where(index => takes(_rules[index]))];

    private static bool Matches(string pattern, string text) => FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false);
}
