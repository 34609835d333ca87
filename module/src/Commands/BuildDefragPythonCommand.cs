using System.Management.Automation;
using Defragger.Python;

namespace Defragger.PowerShell.Commands;

/// <summary>Makes a CPython that takes all its memory from Defragger, and proves that it does.</summary>
/// <remarks>The verb is approved from PowerShell 6 on; the reference assembly that this is compiled against is older.</remarks>
[Cmdlet("Build", "DefragPython", SupportsShouldProcess = true, HelpUri = "")]
[OutputType(typeof(DefragPython))]
public sealed class BuildDefragPythonCommand : PythonCommand
{
    /// <summary>An installed Python: its executable, as a path or a name in PATH, or its prefix.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string FromInstalled { get; set; } = "";

    /// <summary>The folder to make; defrag-python/VERSION below the current one.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Replaces the Python that is at the destination.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            Build();
        }
        catch (PythonRefusedException e)
        {
            Fail(KindOf(e.Kind), e.Message, e.Target, e);
        }
        catch (PythonBuildException e)
        {
            Fail(ErrorKind.PythonBuildFailed, e.Message, e.LogPath, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            Fail(ErrorKind.PythonBuildFailed, $"The Python was not built: {e.Message}", Destination, e);
        }
        catch (OperationCanceledException) when (Stop.IsCancellationRequested)
        {
            // Ctrl+C: everything that was started has ended, and nothing was placed.
        }
    }

    private void Build()
    {
        var probe = new PythonProbe(Runner);
        var builder = new PythonBuilder(Parts(), Store, probe);
        PythonInstallation stock = probe.Installation(FromInstalled, FullPath("."), Stop);
        string destination = FullPath(Destination ?? Path.Combine("defrag-python", stock.Version));
        PythonFolder.CheckFree(destination, Force);
        // The real name of this folder is drawn when it is made.
        string scratch = Path.Combine(Path.GetDirectoryName(destination)!, ".defragger-XXXX");
        RelinkPlan plan = builder.Plan(stock, Path.Combine(scratch, "objects"), Path.Combine(scratch, "tree", "bin", stock.Name));
        bool goes = ShouldProcess(
            $"Build a Python {stock.Version} on Defragger in '{destination}'.",
            $"Build a Python {stock.Version} on Defragger, from '{stock.Executable}', in '{destination}'?",
            "Build-DefragPython", out ShouldProcessReason reason);
        if (reason == ShouldProcessReason.WhatIf)
        {
            foreach (BuildCommand command in plan.Commands) ShouldProcess($"Run: {command}", $"Run: {command}", "");
            ShouldProcess($"Check the result, and place it in '{destination}'.", "", "");
        }
        if (!goes) return;
        var listener = new PythonBuildView(this);
        var run = new BuildRun(Runner, Store.NewLog(), listener, Stop);
        WriteVerbose($"The log is '{run.Log.Path}' until the Python is placed.");
        DefragPython made = builder.Build(new PythonBuilder.Order { Stock = stock, Destination = destination, Force = Force }, run);
        listener.Close();
        WriteObject(made);
    }
}
