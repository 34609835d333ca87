using System.Management.Automation;
using System.Reflection;

namespace Defragger.PowerShell.Commands;

/// <summary>A cmdlet with a token that Ctrl+C cancels, and paths as the session sees them.</summary>
public abstract class CancellableCommand : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Cancelled when the pipeline is stopped.</summary>
    private protected CancellationToken Stop => _stop.Token;

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Called by the engine when the pipeline is over, however it ended.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the cmdlet holds.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _stop.Dispose();
    }

    /// <summary>Ends the command with an error of the given kind.</summary>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private protected void Fail(ErrorKind kind, string message, object? target, Exception? inner = null)
    {
        ThrowTerminatingError(kind.Record(message, target, inner));
        throw new InvalidOperationException(message); // not reached; tells the compiler so
    }

    /// <summary>A path of the session's (relative to its location, with its drives) as a full path of the system.</summary>
    private protected string FullPath(string path) =>
        Path.GetFullPath(SessionState.Path.GetUnresolvedProviderPathFromPSPath(path));

    /// <summary>A program of the module's.</summary>
    private protected string Tool(string name)
    {
        string path = Path.GetFullPath(Path.Combine(
            Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location)!, "..", "bin", name));
        if (!File.Exists(path))
            Fail(ErrorKind.ModuleIncomplete, $"The module lacks its program '{path}'. Stage it again with ./defrag build.", path);
        return path;
    }
}
