using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Defragger.Compare;
using Defragger.Runs;

namespace Defragger.PowerShell.Parameters;

/// <summary>Completes names of cases from the journal of the run that -Path names, or of the newest one.</summary>
/// <remarks>At most <see cref="Most"/> names and half a second of reading: a key was pressed, and somebody waits.</remarks>
public sealed class CaseCompleter : IArgumentCompleter
{
    private const int Most = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string path = fakeBoundParameters["Path"] switch
        {
            string one => one,
            object[] { Length: > 0 } several => several[0].ToString()!,
            _ => "defrag-compare",
        };
        var found = new SortedSet<string>(StringComparer.Ordinal);
        try
        {
            // The location of the session is that of the process only by chance.
            using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
            string full = shell.AddScript("param($path) $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path)")
                .AddArgument(path).Invoke<string>()[0];
            string word = wordToComplete.Trim('\'', '"');
            if (RunCatalog.Newest(full) is not string run) return [];
            using var journal = new JournalReader(OutputFolder.JournalOf(run));
            long began = TimeProvider.System.GetTimestamp();
            foreach (JournalEntry entry in journal.ReadOn(static _ => { }))
            {
                if (Matches(entry.Line.Result.Case, word)) found.Add(entry.Line.Result.Case);
                if (found.Count == Most || TimeProvider.System.GetElapsedTime(began) > s_patience) break;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or RuntimeException)
        {
            // No run there, or none that can be read: nothing to offer.
        }
        return found.Select(name => new CompletionResult(Quoted(name), name, CompletionResultType.ParameterValue, name));
    }

    private static string Quoted(string name) => name.All(c => char.IsLetterOrDigit(c) || c is '.' or '/' or '_' or '-')
        ? name
        : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";

    private static bool Matches(string name, string word) =>
        name.StartsWith(word, StringComparison.Ordinal) || name[(name.LastIndexOf('/') + 1)..].StartsWith(word, StringComparison.Ordinal);
}
