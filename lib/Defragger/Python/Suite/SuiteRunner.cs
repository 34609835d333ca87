using System.Collections;
using System.ComponentModel;
using Defragger.Engines;

namespace Defragger.Python.Suite;

/// <summary>Runs Pythons to their end, one at a time, in an environment of their own.</summary>
/// <remarks>
/// The launcher gives each run the default signals and ends what it leaves behind. SIGINT matters: a job in the background of a
/// shell inherits that it is ignored, and then tests of CPython fail that are in order. PYTHON* of the caller would change a
/// Python, DEFRAGGER* ours alone, and LD_PRELOAD would put another malloc in front of it: none of them is handed on.
/// </remarks>
internal sealed class SuiteRunner : IDisposable
{
    private const int CaptureLimit = 256 * 1024;

    // The words are the parameters of a constant text, which is all that the shell reads: env would take a path with '=' for a
    // setting.
    private const string Exec = "exec \"$@\"";

    private readonly NativeLauncher _launcher;
    private readonly string[] _forgotten;
    private long _last;

    /// <exception cref="PythonSuiteException">The launcher cannot be started.</exception>
    public SuiteRunner(string launcher)
    {
        try
        {
            _launcher = new NativeLauncher(launcher);
        }
        catch (Win32Exception e)
        {
            throw new PythonSuiteException($"The launcher '{launcher}' cannot be started: {e.Message}", e);
        }
        _forgotten = [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(one => (string)one.Key).Where(IsForgotten)];
    }

    /// <summary>Runs a Python with these words.</summary>
    /// <param name="python">Its path.</param>
    /// <param name="words">Its arguments.</param>
    /// <param name="folder">Where it runs, and has its temporary files.</param>
    /// <param name="timeout">When it is ended.</param>
    /// <param name="stop">Ends it at once.</param>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled; the process has ended.</exception>
    public ProcessReport Run(string python, IEnumerable<string> words, string folder, TimeSpan timeout, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var spec = new ProcessSpec
        {
            Program = "env",
            Arguments = [.. _forgotten.SelectMany(name => new[] { "-u", name }), $"TMPDIR={folder}", "sh", "-c", Exec, "sh", python, .. words],
            WorkingDirectory = folder,
            Timeout = timeout,
            CaptureLimit = CaptureLimit,
        };
        long id = ++_last;
        var ended = new TaskCompletionSource<ProcessReport>(TaskCreationOptions.RunContinuationsAsynchronously);
        _launcher.Start(id, spec, (_, report) => ended.SetResult(report));
        using CancellationTokenRegistration cancelled = stop.Register(() => _launcher.Cancel(id));
        ProcessReport report = ended.Task.GetAwaiter().GetResult();
        stop.ThrowIfCancellationRequested();
        return report.LauncherLost ? throw new LauncherLostException(report.StartError!) : report;
    }

    public void Dispose() => _launcher.Dispose();

    private static bool IsForgotten(string name) =>
        name.StartsWith("PYTHON", StringComparison.Ordinal) || name.StartsWith("DEFRAGGER", StringComparison.Ordinal) || name == "LD_PRELOAD";
}
