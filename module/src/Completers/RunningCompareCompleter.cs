using Defragger.Compare;

namespace Defragger.PowerShell.Completers;

/// <summary>Set-DefragCompare: the output directories below the location that a run writes to now.</summary>
internal sealed class RunningCompareCompleter : WordCompleter
{
    protected override StringComparison Comparison => StringComparison.Ordinal;

    protected override IEnumerable<Word> Words(TypedWord typed)
    {
        string folder = typed.Text[..(typed.Text.LastIndexOf('/') + 1)];
        // Runs without -OutputDirectory lie in defrag-compare.
        string[] places = folder.Length > 0 ? [folder] : ["", "defrag-compare/"];
        foreach (string place in places)
        {
            var directory = new DirectoryInfo(TypedWord.FullPath(place.Length > 0 ? place : "."));
            if (!directory.Exists) continue;
            foreach (DirectoryInfo one in directory.EnumerateDirectories().OrderBy(one => one.Name, StringComparer.Ordinal))
                if (OutputFolder.ControlOfRun(one.FullName) != null) yield return new Word(place + one.Name, $"a run writes to {one.FullName}");
        }
    }
}
