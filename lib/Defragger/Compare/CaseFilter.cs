using System.IO.Enumeration;

namespace Defragger.Compare;

/// <summary>Which cases take part: wildcards over names. An empty list takes all.</summary>
/// <remarks>A pattern with a '/' is matched against the whole name, any other against the last part or the whole
/// name; '*' also crosses '/'. Case matters, as it does in the file system.</remarks>
internal sealed class CaseFilter
{
    private readonly string[] _filters;
    private readonly string[] _includes;
    private readonly string[] _excludes;

    /// <param name="filters">One of them must match, and</param>
    /// <param name="includes">one of these, and</param>
    /// <param name="excludes">none of these.</param>
    public CaseFilter(IEnumerable<string> filters, IEnumerable<string> includes, IEnumerable<string> excludes)
    {
        _filters = [.. filters];
        _includes = [.. includes];
        _excludes = [.. excludes];
    }

    /// <summary>Every case.</summary>
    public static CaseFilter All { get; } = new([], [], []);

    /// <summary>No pattern is given: every case takes part.</summary>
    public bool TakesAll => _filters.Length + _includes.Length + _excludes.Length == 0;

    /// <summary>True when the case takes part.</summary>
    public bool Takes(ReadOnlySpan<char> name) =>
        (_filters.Length == 0 || MatchesAny(_filters, name))
        && (_includes.Length == 0 || MatchesAny(_includes, name))
        && !MatchesAny(_excludes, name);

    private static bool MatchesAny(string[] patterns, ReadOnlySpan<char> name)
    {
        ReadOnlySpan<char> last = name[(name.LastIndexOf('/') + 1)..];
        foreach (string pattern in patterns)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)) return true;
            if (!pattern.Contains('/')
                && FileSystemName.MatchesSimpleExpression(pattern, last, ignoreCase: false)) return true;
        }
        return false;
    }
}
