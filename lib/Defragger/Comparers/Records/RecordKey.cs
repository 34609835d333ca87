namespace Defragger.Comparers.Records;

/// <summary>The members or columns by which records of two files are told to be the same one.</summary>
/// <remarks>
/// Each is a name, or in JSON the way to a member further inside: names with '/' between them, as in a JSON Pointer
/// (RFC 6901), whose first '/' may be left out and whose ~1 and ~0 stand for '/' and '~'.
/// </remarks>
internal sealed class RecordKey
{
    private readonly UInt128[][] _paths;

    /// <exception cref="FormatException">A name is empty, or there are none or too many.</exception>
    public RecordKey(IReadOnlyList<string> names)
    {
        const int Most = 16;
        if (names.Count is 0 or > Most)
            throw new FormatException($"a key has 1 to {Most} members, and {names.Count} were given");
        if (names.FirstOrDefault(name => name.Trim('/').Length == 0) is string empty)
            throw new FormatException($"'{empty}' is no name of a key's member");
        Names = names;
        _paths = [.. names.Select(Path)];
    }

    /// <summary>As they were given: names of columns.</summary>
    public IReadOnlyList<string> Names { get; }

    public int Count => _paths.Length;

    /// <summary>The hashes of the names that lead to a member of the key.</summary>
    public ReadOnlySpan<UInt128> PathOf(int member) => _paths[member];

    /// <summary>"'a' and 'b/c'", for messages.</summary>
    public override string ToString() => string.Join(" and ", Names.Select(name => $"'{name}'"));

    private static UInt128[] Path(string name) =>
    [
        .. (name[0] == '/' ? name[1..] : name).Split('/')
            .Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))
            .Select(part => JsonHash.Of(System.Text.Encoding.UTF8.GetBytes(part), JsonHash.Kind.Name)),
    ];
}
