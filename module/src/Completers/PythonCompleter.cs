using System.Text.RegularExpressions;
using Defragger.Python;

namespace Defragger.PowerShell.Completers;

/// <summary>A Python to run: those that PATH knows, and those that Build-DefragPython made.</summary>
internal sealed partial class PythonCompleter : WordCompleter
{
    protected override StringComparison Comparison => StringComparison.Ordinal;

    protected override bool TakesPaths => true;

    protected override IEnumerable<Word> Words(TypedWord typed) =>
    [
        .. ProgramCompleter.InPath().Where(program => Name().IsMatch(Path.GetFileName(program))).OrderBy(Path.GetFileName, StringComparer.Ordinal)
            .Select(program => new Word(Path.GetFileName(program), program)),
        .. PythonStore.OfUser().List().Select(python => new Word(python.Executable, $"{python.Version} on Defragger")),
    ];

    [GeneratedRegex(@"^(python|pypy)(\d+(\.\d+)?)?$")]
    private static partial Regex Name();
}
