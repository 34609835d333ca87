using System.Management.Automation;
using Defragger.PowerShell.Commands;
using Defragger.Python;

namespace Defragger.PowerShell;

/// <summary>A call of Build-DefragPython: asks whether to go on, says what would be done, or does it.</summary>
internal sealed class PythonBuild(
    BuildDefragPythonCommand command, CommandRunner runner, PythonStore store, PythonParts parts, CancellationToken stop)
{
    private readonly PythonProbe _probe = new(runner);

    /// <summary>Links an executable for an installed Python.</summary>
    public void FromInstalled(string given)
    {
        var builder = new PythonBuilder(parts, store, _probe);
        PythonInstallation stock = _probe.Installation(given, command.PathOf("."), stop);
        var order = new PythonBuilder.Order { Stock = stock, Destination = Destination(stock.Version), Force = command.Force };
        PythonBuilder.CheckDestination(order.Destination, order.Force, hasLibrary: false);
        RelinkPlan plan = PlanOf(builder, order);
        if (!Goes($"Python {stock.Version} from '{stock.Executable}'", order.Destination, () => plan.Commands)) return;
        Run(run => builder.Build(order, run));
    }

    /// <summary>Builds a Python from source, or takes it from the cache, and links an executable for it.</summary>
    public void FromSource(SourceBuild.Order source)
    {
        var builder = new PythonBuilder(parts, store, _probe);
        var build = new SourceBuild(store.Cache, runner, _probe);
        // A release says its version; of another source it is known when it is laid out.
        string shown = Destination(source.Release?.Version ?? "VERSION");
        PythonBuilder.CheckDestination(shown, command.Force, hasLibrary: true);
        string what = source.Release != null
            ? $"Python {source.Release.Version} from its source" : $"Python from '{source.Path}'";
        if (!Goes(what, shown, () => build.Plan(source, stop))) return;
        Run(run =>
        {
            // A place that cannot be written is heard of now, and not after minutes of work.
            using (new ScratchFolder(Path.GetDirectoryName(shown)!)) { }
            using SourceBuild.Stock stock = build.Make(source, run);
            return builder.Build(new PythonBuilder.Order
            {
                Stock = stock.Python,
                Destination = Destination(stock.Python.Version),
                Force = command.Force,
                Origin = new PythonBuilder.SourceOrigin(stock.SourceSha256, source.Optimize, source.Configure),
            }, run);
        });
    }

    private string Destination(string version) =>
        Path.TrimEndingDirectorySeparator(command.PathOf(command.Destination ?? Path.Combine("defrag-python", version)));

    /// <summary>Whether the build is to go on; with -WhatIf, says what it would do.</summary>
    private bool Goes(string what, string destination, Func<IEnumerable<BuildCommand>> commands)
    {
        bool goes = command.ShouldProcess(
            $"Build {what}, on Defragger, in '{destination}'.", $"Build {what}, on Defragger, in '{destination}'?", "Build-DefragPython",
            out ShouldProcessReason reason);
        if (reason != ShouldProcessReason.WhatIf) return goes;
        foreach (BuildCommand one in commands()) command.ShouldProcess($"Run: {one}", "", "");
        if (command.FromInstalled.Length == 0)
        {
            command.ShouldProcess(
                "Link an executable with the words of the Python that was built, as -FromInstalled does with an installed one's.", "", "");
        }
        command.ShouldProcess($"Check the result, and place it in '{destination}'.", "", "");
        return false;
    }

    private void Run(Func<BuildRun, DefragPython> build)
    {
        var view = new PythonBuildView(command);
        var run = new BuildRun(runner, store.NewLog(), view, stop);
        command.WriteVerbose($"The log is '{run.Log.Path}' until the Python is placed.");
        try
        {
            command.Tell(build(run));
        }
        catch (PythonRefusedException)
        {
            File.Delete(run.Log.Path); // the message says it all
            throw;
        }
        finally
        {
            view.Close();
        }
    }

    /// <summary>The commands of a link, with a name in place of the folder's that is drawn when it is made.</summary>
    private static RelinkPlan PlanOf(PythonBuilder builder, PythonBuilder.Order order)
    {
        string scratch = Path.Combine(Path.GetDirectoryName(order.Destination)!, ".defragger-XXXX");
        return builder.Plan(order.Stock, null, Path.Combine(scratch, "objects"), Path.Combine(scratch, "tree", "bin", order.Stock.Name));
    }
}
