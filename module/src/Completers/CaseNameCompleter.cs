namespace Defragger.PowerShell.Completers;

/// <summary>-Filter, -Include and -Exclude: names of cases below the two directories that are given already, a folder at a
/// time.</summary>
internal sealed class CaseNameCompleter : WordCompleter
{
    private static readonly string[] s_sides = ["Baseline", "Candidate"];

    protected override StringComparison Comparison => StringComparison.Ordinal;

    protected override IEnumerable<Word> Words(TypedWord typed)
    {
        string folder = typed.Text[..(typed.Text.LastIndexOf('/') + 1)];
        if (folder.StartsWith('/') || folder.Split('/').Contains("..")) return [];
        return s_sides.Select(typed.Given).OfType<string>()
            .Select(side => new DirectoryInfo(Path.Combine(TypedWord.FullPath(side), folder))).Where(side => side.Exists)
            .SelectMany(side => side.EnumerateFileSystemInfos())
            .Select(entry => folder + entry.Name + (entry is DirectoryInfo ? "/" : ""))
            .Distinct().Order(StringComparer.Ordinal).Select(name => new Word(name));
    }
}
