using System.Management.Automation;
using Defragger.Compare;
using Defragger.Runs;

namespace Defragger.PowerShell.Commands;

/// <summary>A cmdlet on runs that have left a journal: where they lie, and what is wrong with one.</summary>
public abstract class EarlierRunCommand : CancellableCommand
{
    /// <summary>Where Invoke-DefragCompare writes when it is given no output directory.</summary>
    private protected const string DefaultPath = "defrag-compare";

    /// <summary>The output directory of the newest run at a path; ends the command when there is none.</summary>
    /// <param name="path">A path of the session's; null for the default.</param>
    private protected string NewestRun(string? path)
    {
        string full = FullPath(path ?? DefaultPath);
        if (Guard(full, () => RunCatalog.Newest(full)) is string run) return run;
        Fail(ErrorKind.NoEarlierRun, NoRunMessage(full), full);
        return "";
    }

    /// <summary>What to say when there is no run at a path.</summary>
    private protected static string NoRunMessage(string full) =>
        $"There is no run in '{full}': neither it nor a directory in it has a journal.jsonl that can be read. "
        + "Give the -OutputDirectory of a run, or the directory that holds several.";

    /// <summary>What is read of a run's journal, one at a time; ends the command when it cannot be read on.</summary>
    private protected IEnumerable<T> Streamed<T>(string path, IEnumerable<T> read)
    {
        using IEnumerator<T> items = read.GetEnumerator();
        while (Guard(path, items.MoveNext)) yield return items.Current;
    }

    /// <summary>A value of a run's journal; or ends the command when the journal cannot be read.</summary>
    private protected T Guard<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (Explain(e, path) is var (kind, message))
        {
            Fail(kind, message, path, e);
            throw;
        }
    }

    /// <summary>The kind of error that a run's files gave, and its message; null for what is none of theirs.</summary>
    private protected static (ErrorKind Kind, string Message)? Explain(Exception failure, string path) => failure switch
    {
        FormatException damaged => (ErrorKind.JournalDamaged, damaged.Message),
        IOException or UnauthorizedAccessException => (ErrorKind.JournalNotReadable, $"The run in '{path}' cannot be read: {failure.Message}"),
        _ => null,
    };

    /// <summary>Tells of a damaged line and goes on.</summary>
    private protected void TellDamage(FormatException fault) =>
        WriteError(ErrorKind.JournalDamaged.Record($"{fault.Message} The line is passed over.", fault.Message, fault));
}
