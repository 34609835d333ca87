using Defragger.Compare;
using Defragger.Runs;

namespace Defragger.PowerShell.Completers;

/// <summary>Names of cases from the journal of the run that -Path names, or of the newest one; also by the last part alone.</summary>
/// <remarks>At most <see cref="Enough"/> names and half a second of reading: a key was pressed, and somebody waits.</remarks>
internal sealed class JournalCaseCompleter : WordCompleter
{
    private const int Enough = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    protected override bool IsMeant(string word, string typed) =>
        word.StartsWith(typed, StringComparison.Ordinal) || word[(word.LastIndexOf('/') + 1)..].StartsWith(typed, StringComparison.Ordinal);

    protected override IEnumerable<Word> Words(TypedWord typed)
    {
        if (RunCatalog.Newest(TypedWord.FullPath(typed.Given("Path") ?? "defrag-compare")) is not string run) return [];
        var found = new SortedSet<string>(StringComparer.Ordinal);
        using var journal = new JournalReader(OutputFolder.JournalOf(run));
        long began = TimeProvider.System.GetTimestamp();
        foreach (JournalEntry entry in journal.ReadOn(static _ => { }))
        {
            if (IsMeant(entry.Line.Result.Case, typed.Text)) found.Add(entry.Line.Result.Case);
            if (found.Count == Enough || TimeProvider.System.GetElapsedTime(began) > s_patience) break;
        }
        return found.Select(name => new Word(name));
    }
}
