using System.IO.Enumeration;

namespace Defragger.Comparers;

/// <summary>Which format a file has: an ordered table of patterns, the first match decides.</summary>
/// <remarks>
/// Invariants:
/// 1. A pattern without '/' is matched with the file's name, one with '/' with the whole path ('*' crosses '/').
/// 2. Patterns of a user stand before the built-in ones, in the order they were given.
/// 3. Case does not matter: REPORT.SARIF is a report on every platform.
/// 4. A catalog never changes; <see cref="With"/> gives another one.
/// </remarks>
internal sealed class FormatCatalog
{
    /// <summary>Bytes looked at for a NUL when no pattern matches: what git and grep look at, 8 KiB.</summary>
    public const int SniffLength = 8 * 1024;

    /// <summary>The names of the formats on a command line, in the order of <see cref="ComparisonFormat"/>.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["auto", "sarif", "json", "jsonlines", "csv", "text", "binary", "xml"];

    /// <summary>The built-in table.</summary>
    public static readonly FormatCatalog Default = new([
        .. Patterns(ComparisonFormat.Sarif, "*.sarif", "*.sarif.json"),
        .. Patterns(ComparisonFormat.JsonLines, "*.jsonl", "*.ndjson", "*.jsonlines"),
        .. Patterns(ComparisonFormat.Json, "*.json", "*.geojson"),
        .. Patterns(ComparisonFormat.Csv, "*.csv", "*.tsv"),
        .. Patterns(
            ComparisonFormat.Text,
            "*.txt", "*.text", "*.log", "*.out", "*.err", "*.md", "*.rst", "*.html", "*.htm", "*.svg",
            "*.yml", "*.yaml", "*.toml", "*.ini", "*.cfg", "*.sql", "*.tap", "*.diff", "*.patch"),
        .. Patterns(ComparisonFormat.Binary, "*.bin", "*.gz", "*.zst", "*.xz", "*.zip", "*.tar", "*.png", "*.pdf"),
    ]);

    private readonly (string Pattern, ComparisonFormat Format)[] _table;

    private FormatCatalog((string Pattern, ComparisonFormat Format)[] table) => _table = table;

    /// <summary>This table with further patterns before it.</summary>
    public FormatCatalog With(IEnumerable<KeyValuePair<string, ComparisonFormat>> patterns) =>
        new([.. patterns.Select(pair => (pair.Key.Replace('\\', '/'), pair.Value)), .. _table]);

    /// <summary>The format that the first matching pattern names, or <see cref="ComparisonFormat.Auto"/>.</summary>
    public ComparisonFormat ByName(string path)
    {
        string whole = path.Replace('\\', '/');
        string name = whole[(whole.LastIndexOf('/') + 1)..];
        foreach ((string pattern, ComparisonFormat format) in _table)
        {
            string subject = pattern.Contains('/', StringComparison.Ordinal) ? whole : name;
            if (FileSystemName.MatchesSimpleExpression(pattern, subject, ignoreCase: true))
                return format;
        }

        return ComparisonFormat.Auto;
    }

    /// <summary>Text, unless the first bytes hold a NUL.</summary>
    public static ComparisonFormat Sniff(ReadOnlySpan<byte> start) =>
        start[..Math.Min(start.Length, SniffLength)].Contains((byte)0)
            ? ComparisonFormat.Binary
            : ComparisonFormat.Text;

    /// <summary>The format of a name as it stands on a command line.</summary>
    public static bool TryParse(string name, out ComparisonFormat format)
    {
        for (int i = 0; i < Names.Count; i++)
        {
            if (Names[i].Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                format = (ComparisonFormat)i;
                return true;
            }
        }

        format = default;
        return false;
    }

    /// <summary>The name of a format; <see cref="TryParse"/> reads it back.</summary>
    public static string NameOf(ComparisonFormat format) => Names[(int)format];

    private static IEnumerable<(string, ComparisonFormat)> Patterns(
        ComparisonFormat format,
        params string[] patterns) =>
        patterns.Select(pattern => (pattern, format));
}
