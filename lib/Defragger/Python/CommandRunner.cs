using System.Collections;
using System.Diagnostics;
using Defragger.Compare;
using Defragger.Engines;

namespace Defragger.Python;

/// <summary>Runs the commands of a build and the tests of a suite, each in a session of its own under <c>defrag-launch</c>: a cancelled one ends
/// with all that it started, and so does one whose caller dies.</summary>
/// <remarks>
/// <para>A command sees the caller's environment without what would change a Python, an allocator or a make
/// (<see cref="IsTaken"/>), with messages in English. SIGINT and the other signals are at their defaults, whatever the
/// caller was started with.</para>
/// <para>One command at a time.</para>
/// </remarks>
internal sealed class CommandRunner : IDisposable
{
    // The words are the parameters of a constant text, which is all that the shell reads. Beside the redirection it is for
    // programs with '=' in their path, which env would take for a setting.
    private const string Run = "exec \"$@\"";
    private const string RunInto = "exec >>\"$0\" 2>&1 \"$@\"";
    private const long Number = 1;

    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(200);
    private readonly NativeLauncher _launcher;

    /// <param name="launcher">The program <c>defrag-launch</c>.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public CommandRunner(string launcher) => _launcher = new NativeLauncher(launcher);

    /// <summary>Runs a command to its end and keeps what it prints, up to a megabyte of each stream.</summary>
    /// <param name="command">The command.</param>
    /// <param name="limit">Time after which it is ended.</param>
    /// <param name="stop">Ends it at once.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public ProcessReport Capture(BuildCommand command, TimeSpan limit, CancellationToken stop) =>
        Await(Spec(command, [Run, "sh"]) with { Timeout = limit, CaptureLimit = 1 << 20 }, null, stop);

    /// <summary>Runs a command to its end; what it prints goes to the log.</summary>
    /// <param name="command">The command.</param>
    /// <param name="log">Where its line and its output are added.</param>
    /// <param name="watch">Called a few times a second while it runs.</param>
    /// <param name="stop">Ends it at once.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public ProcessReport RunLogged(BuildCommand command, BuildLog log, Action? watch, CancellationToken stop)
    {
        log.Write(command);
        return Await(Spec(command, [RunInto, log.Path]), watch, stop);
    }

    /// <inheritdoc/>
    public void Dispose() => _launcher.Dispose();

    /// <summary>How a command ended, for messages; null when it ended well.</summary>
    public static string? Failure(ProcessReport report) => report switch
    {
        { StartError: string error } => error,
        { TimedOut: true } => $"it was ended after {report.Duration.TotalSeconds:0} s",
        { Signal: int signal } => $"it was ended by {SignalName.Of(signal)}",
        { ExitCode: 0 } => null,
        _ => $"it ended with {report.ExitCode}",
    };

    /// <summary>Whether a variable of the caller's is kept from commands.</summary>
    internal static bool IsTaken(string name) =>
        name.StartsWith("PYTHON", StringComparison.Ordinal) || name.StartsWith("DEFRAGGER", StringComparison.Ordinal)
        || name is "LD_PRELOAD" or "MAKEFLAGS" or "MFLAGS" or "MAKELEVEL" or "DESTDIR" or "__PYVENV_LAUNCHER__"
            or "LC_ALL" or "LANGUAGE";

    private static ProcessSpec Spec(BuildCommand command, string[] shell)
    {
        List<string> words = [];
        foreach (DictionaryEntry one in System.Environment.GetEnvironmentVariables())
            if (IsTaken((string)one.Key)) words.AddRange(["-u", (string)one.Key]);
        words.Add("LC_ALL=C.UTF-8");
        foreach ((string name, string value) in command.Environment) words.Add($"{name}={value}");
        words.AddRange(["sh", "-c", .. shell, command.Program, .. command.Arguments]);
        return new ProcessSpec { Program = "env", Arguments = words, WorkingDirectory = command.Directory, OomScoreAdjust = 0 };
    }

    private ProcessReport Await(ProcessSpec spec, Action? watch, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        using var over = new ManualResetEventSlim();
        ProcessReport? report = null;
        _launcher.Start(Number, spec, (_, ended) =>
        {
            report = ended;
            over.Set();
        });
        try
        {
            using (stop.Register(() => _launcher.Cancel(Number)))
                while (!over.Wait(s_beat, CancellationToken.None)) watch?.Invoke();
        }
        finally
        {
            // A watch that throws, as one that writes to a stopped pipeline does, must not leave a command in folders that
            // are about to be removed.
            if (!over.IsSet)
            {
                _launcher.Cancel(Number);
                over.Wait(CancellationToken.None);
            }
        }
        stop.ThrowIfCancellationRequested();
        return report ?? throw new UnreachableException("The launcher reported nothing.");
    }
}
