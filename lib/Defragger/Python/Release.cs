namespace Defragger.Python;

/// <summary>A CPython source that is known by its hash, and where Debian has it.</summary>
/// <param name="Version">Such as 3.11.2.</param>
/// <param name="Suite">Debian's suite, such as bookworm.</param>
/// <param name="Package">The source package whose original archive it is.</param>
/// <param name="Sha256">Of the archive, in hexadecimal digits.</param>
internal sealed record Release(string Version, string Suite, string Package, string Sha256)
{
    private const int HashDigits = 64;

    /// <summary>Those of <c>releases.tsv</c>, in its order.</summary>
    public static IReadOnlyList<Release> Known { get; } = ReadKnown();

    /// <summary>Reads a table: a line each, fields parted by tabs; '#' begins a comment.</summary>
    /// <exception cref="FormatException">A line is none of these, or names a version or a hash again.</exception>
    public static IReadOnlyList<Release> Parse(string table)
    {
        List<Release> releases = [];
        int number = 0;
        foreach (string line in table.Split('\n'))
        {
            number++;
            if (line.Length == 0 || line[0] == '#') continue;
            string[] fields = line.Split('\t');
            if (fields.Length != 4 || fields.Any(string.IsNullOrWhiteSpace))
                throw new FormatException($"Line {number} of the releases has not four fields: '{line}'.");
            var one = new Release(fields[0], fields[1], fields[2], fields[3]);
            if (!System.Version.TryParse(one.Version, out System.Version? version) || version.Build < 0)
                throw new FormatException($"Line {number} of the releases: '{one.Version}' is no version such as 3.11.2.");
            if (!IsHash(one.Sha256))
                throw new FormatException($"Line {number} of the releases: '{one.Sha256}' is no SHA-256 of {HashDigits} lower-case digits.");
            if (releases.Any(other => other.Version == one.Version || other.Sha256 == one.Sha256))
                throw new FormatException($"Line {number} of the releases names version {one.Version} or its hash again.");
            releases.Add(one);
        }
        return releases;
    }

    /// <summary>A release by its version.</summary>
    /// <exception cref="PythonRefusedException">It is not known.</exception>
    public static Release Find(string version) => Known.FirstOrDefault(one => one.Version == version)
        ?? throw new PythonRefusedException(PythonRefusal.NotFound,
            $"The hash of Python {version} is not known here. Known: {string.Join(", ", Known.Select(one => one.Version))}. "
            + "Fetch the source of another yourself and give it with -Source FILE -Sha256 HASH.", version);

    /// <summary>Whether a text is a SHA-256 as this library writes it.</summary>
    public static bool IsHash(string text) => text.Length == HashDigits && text.All(char.IsAsciiHexDigitLower);

    private static IReadOnlyList<Release> ReadKnown()
    {
        using Stream stream = typeof(Release).Assembly.GetManifestResourceStream("Defragger.Python.releases.tsv")!;
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd());
    }
}
