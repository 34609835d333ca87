namespace Defragger.PowerShell.Completers;

/// <summary>Names with '/' between their parts, offered a part at a time as paths are.</summary>
internal static class Steps
{
    /// <summary>The names that begin with a text, cut behind the first '/' after it; each once, in order.</summary>
    /// <param name="names">Whole names.</param>
    /// <param name="typed">What they must begin with; case matters, as in the file system.</param>
    public static IEnumerable<string> Of(IEnumerable<string> names, string typed) => names
        .Where(name => name.StartsWith(typed, StringComparison.Ordinal))
        .Select(name => name.IndexOf('/', typed.Length) is int slash and >= 0 ? name[..(slash + 1)] : name)
        .Distinct().Order(StringComparer.Ordinal);
}
