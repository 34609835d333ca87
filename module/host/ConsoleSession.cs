using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace Defragger.Host;

/// <summary>
/// One engine for one command: a runspace on this thread, the module, a pipeline that ends in Out-Default.
/// </summary>
internal sealed class ConsoleSession : IDisposable
{
    private readonly TerminalHost _host;
    private readonly Interrupts _interrupts;
    private readonly Runspace _runspace;

    public ConsoleSession(Terminal terminal, Interrupts interrupts)
    {
        _interrupts = interrupts;
        _host = new TerminalHost(terminal, interrupts);

        // CreateDefault2 holds the engine's own cmdlets only. CreateDefault would also look for pwsh's modules, which
        // are not there: the same commands in the end, found more slowly.
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ThreadOptions = PSThreadOptions.UseCurrentThread;
        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
    }

    public static string VersionText
    {
        get
        {
            string own = InformationalVersion(typeof(ConsoleSession).Assembly);
            string engine = InformationalVersion(typeof(PowerShell).Assembly);
            return $"defrag-host {own} (System.Management.Automation {engine}, .NET {Environment.Version})";
        }
    }

    public int Run(HostCommandLine line) => line.Action == HostAction.Words ? RunWords(line) : RunText(line);

    public void Dispose() => _runspace.Dispose();

    /// <summary>
    /// The words go to Invoke-Words.ps1 as a string[], not as script. It imports the module, binds the words, runs
    /// the command and says <c>exit N</c>, which a script invoked by path leaves in $LASTEXITCODE.
    /// </summary>
    private int RunWords(HostCommandLine line)
    {
        using PowerShell pipeline = Create();
        pipeline.AddCommand(Path.Combine(AppContext.BaseDirectory, "Invoke-Words.ps1"))
            .AddParameter("Module", line.Module)
            .AddParameter("Words", line.Words.ToArray());
        return Invoke(pipeline)
            ? Variable("LASTEXITCODE") as int? ?? ExitCodes.Success
            : _host.ExitCode ?? ExitCodes.BadCall;
    }

    /// <summary>As <c>pwsh -Command</c>: N after <c>exit N</c>, else 1 if the last statement failed, else 0.</summary>
    private int RunText(HostCommandLine line)
    {
        if (line.Module is not null)
        {
            using PowerShell import = Create();
            import.AddCommand("Import-Module").AddParameter("Name", line.Module).AddParameter("ErrorAction", "Stop");
            if (!Invoke(import))
                return ExitCodes.BadCall;
        }

        using PowerShell pipeline = Create();
        pipeline.AddScript(line.Text, useLocalScope: false);
        bool completed = Invoke(pipeline);
        return _host.ExitCode ?? (completed && LastStatementSucceeded() ? ExitCodes.Success : ExitCodes.Failed);
    }

    private PowerShell Create()
    {
        var pipeline = PowerShell.Create();
        pipeline.Runspace = _runspace;
        return pipeline;
    }

    /// <summary>Runs to the end with output and errors, in their order, through Out-Default.</summary>
    /// <returns>False when a terminating error, which is shown, or a signal ended it.</returns>
    private bool Invoke(PowerShell pipeline)
    {
        pipeline.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.AddCommand("Out-Default");
        try
        {
            using IDisposable guard = _interrupts.Guard(pipeline);
            // Only what goes to the history leaves its $? behind; else the engine puts the one before back.
            pipeline.Invoke(null, new PSInvocationSettings { AddToHistory = true });
            return true;
        }
        catch (PipelineStoppedException)
        {
            return false;
        }
        catch (RuntimeException e)
        {
            Show(e);
            return false;
        }
    }

    // Out-Default shows an error record in the engine's view. It would be output, as it comes by no error stream, and
    // one more WriteError would replace the place in the text that it points to.
    private void Show(RuntimeException e)
    {
        // The engine's view of a text that cannot be parsed is an empty line (in pwsh 7.6 too); its message says where.
        if (e is ParseException)
        {
            _host.UI.WriteErrorLine(e.Message);
            return;
        }

        using PowerShell view = Create();
        view.AddCommand("Out-Default").AddParameter("InputObject", e.ErrorRecord);
        _host.ShowAsError(() => view.Invoke());
    }

    private object? Variable(string name) => _runspace.SessionStateProxy.GetVariable(name);

    private bool LastStatementSucceeded() => Variable("?") is true;

    // Packages add the commit after a blank or a plus.
    private static string InformationalVersion(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split(' ', '+')[0] ?? "?";
}
