using System.Management.Automation;
using Defragger.History;

namespace Defragger.PowerShell.Commands;

/// <summary>A cmdlet on the history of peaks: which file, and which cases of it.</summary>
public abstract class HistoryCommand : CancellableCommand
{
    /// <summary>The history's file; the user's own when it is not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PSDefaultValue(Help = "$XDG_STATE_HOME/defragger/history.db, or below ~/.local/state")]
    public string? History { get; set; }

    /// <summary>Full path of the file.</summary>
    private protected string HistoryFile()
    {
        if (History != null) return FullPath(History);
        if (HistoryPath.Default() is string path) return path;
        Fail(ErrorKind.HistoryNotUsable, "There is no place for a history: neither XDG_STATE_HOME nor a home directory is set. Name a file with -History.", null);
        return "";
    }

    /// <summary>Does something with the history, or ends the command when it cannot be used.</summary>
    private protected T With<T>(string path, Func<HistoryDatabase, T> work)
    {
        try
        {
            using HistoryDatabase database = HistoryDatabase.Open(path);
            return work(database);
        }
        catch (HistoryException e)
        {
            Fail(ErrorKind.HistoryNotUsable, char.ToUpperInvariant(e.Message[0]) + e.Message[1..], path, e);
            throw;
        }
    }
}
