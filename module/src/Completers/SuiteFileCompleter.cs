using Defragger.Python.Suite;

namespace Defragger.PowerShell.Completers;

/// <summary>Test-DefragPython -File: the test files of CPython that are run by default.</summary>
internal sealed class SuiteFileCompleter : WordCompleter
{
    protected override IEnumerable<Word> Words(TypedWord typed) =>
        StandardTests.Default.Order(StringComparer.Ordinal).Select(name => new Word(name));
}
