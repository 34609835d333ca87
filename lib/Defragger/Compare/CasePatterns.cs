using System.IO.Enumeration;

namespace Defragger.Compare;

/// <summary>Settings by patterns of case names: the most particular pattern that matches decides.</summary>
/// <remarks>
/// A pattern with '/' is matched with the whole name, one without with its last part ('*' crosses '/'; upper and lower case
/// are the same, as for formats). The longest pattern is the most particular, whatever order they were given in.
/// </remarks>
internal sealed class CasePatterns<T>(IEnumerable<(string Pattern, T Value)> entries)
    where T : class
{
    /// <summary>The most particular first.</summary>
    public IReadOnlyList<(string Pattern, T Value)> Entries { get; } =
        [.. entries.OrderByDescending(entry => entry.Pattern.Length).ThenBy(entry => entry.Pattern, StringComparer.Ordinal)];

    /// <summary>The value for a case, or null.</summary>
    public T? Find(string name) => Entries.FirstOrDefault(entry => Matches(entry.Pattern, name)).Value;

    private static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(
        pattern, pattern.Contains('/', StringComparison.Ordinal) ? name : name[(name.LastIndexOf('/') + 1)..], ignoreCase: true);
}
