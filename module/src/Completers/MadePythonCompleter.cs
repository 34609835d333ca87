using Defragger.Python;

namespace Defragger.PowerShell.Completers;

/// <summary>The folders of the Pythons that Build-DefragPython made.</summary>
internal sealed class MadePythonCompleter : WordCompleter
{
    protected override StringComparison Comparison => StringComparison.Ordinal;

    protected override bool TakesPaths => true;

    protected override IEnumerable<Word> Words(TypedWord typed) =>
        PythonStore.OfUser().List().Select(python => new Word(python.Path, $"{python.Version}, made {python.Created:yyyy-MM-dd}"));
}
