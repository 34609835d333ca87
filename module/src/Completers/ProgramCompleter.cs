using Defragger.Engines;

namespace Defragger.PowerShell.Completers;

/// <summary>A program: the names that PATH knows, or a path.</summary>
internal sealed class ProgramCompleter : WordCompleter
{
    protected override StringComparison Comparison => StringComparison.Ordinal;

    protected override bool TakesPaths => true;

    protected override IEnumerable<Word> Words(TypedWord typed)
    {
        // All of PATH is no help.
        if (typed.Text.Length == 0 || typed.Text.Contains('/', StringComparison.Ordinal)) return [];
        return InPath().Where(program => Path.GetFileName(program).StartsWith(typed.Text, StringComparison.Ordinal))
            .OrderBy(Path.GetFileName, StringComparer.Ordinal).Select(program => new Word(Path.GetFileName(program), program));
    }

    /// <summary>Full paths of the programs in PATH, in its order.</summary>
    public static IEnumerable<string> InPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Where(Directory.Exists).SelectMany(Directory.EnumerateFiles).Where(file => ProgramPath.Runnable(file) != null);
}
