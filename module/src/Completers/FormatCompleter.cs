using Defragger.Comparers;

namespace Defragger.PowerShell.Completers;

/// <summary>-Format PATTERN=FORMAT: patterns of the files below the baseline, then the formats.</summary>
internal sealed class FormatCompleter : WordCompleter
{
    /// <summary>Enough to meet every kind of file that a run has, and read in some milliseconds.</summary>
    private const int FilesLookedAt = 2000;

    protected override IEnumerable<Word> Words(TypedWord typed)
    {
        int middle = typed.Text.LastIndexOf('=');
        if (middle >= 0) return FormatCatalog.Names.Select(format => new Word(typed.Text[..(middle + 1)] + format, format));
        if (typed.Given("Baseline") is not string baseline || new DirectoryInfo(TypedWord.FullPath(baseline)) is not { Exists: true } folder) return [];
        var all = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
        return folder.EnumerateFiles("*", all).Take(FilesLookedAt).Select(file => file.Extension).Where(extension => extension.Length > 1)
            .Distinct().Order(StringComparer.Ordinal).Select(extension => new Word($"*{extension}=", $"files that end with {extension}"));
    }
}
