using Defragger.Cluster;
using Defragger.Cluster.Slurm;
using Defragger.Compare;
using Defragger.PowerShell.Commands;

namespace Defragger.PowerShell;

/// <summary>Where the cases of a run are compared.</summary>
public enum CaseEngine
{
    /// <summary>On this machine.</summary>
    Local,

    /// <summary>On the nodes of a Slurm cluster.</summary>
    Slurm,
}

/// <summary>The engine of a call, checked.</summary>
internal static class EngineSettings
{
    private static readonly string[] s_local =
    [
        nameof(InvokeDefragCompareCommand.Throttle), nameof(InvokeDefragCompareCommand.MemoryTier), nameof(InvokeDefragCompareCommand.MemoryBudget),
    ];

    private static readonly string[] s_slurm =
    [
        nameof(InvokeDefragCompareCommand.SlurmPartition), nameof(InvokeDefragCompareCommand.SlurmAccount),
        nameof(InvokeDefragCompareCommand.SlurmTime), nameof(InvokeDefragCompareCommand.SlurmOption),
    ];

    /// <summary>Makes the engine that a call asks for.</summary>
    /// <param name="command">The call.</param>
    /// <param name="launcher">Path of the launcher.</param>
    /// <param name="runner">Gives the path of the program that is a task on a cluster.</param>
    /// <param name="folder">Full path of what is shared with a cluster's tasks.</param>
    /// <param name="caseLimit">The memory that one case may hold, or null.</param>
    /// <exception cref="SetupException">The call cannot be carried out.</exception>
    public static ICaseEngine Engine(
        InvokeDefragCompareCommand command, string launcher, Func<string> runner, string folder, long? caseLimit)
    {
        bool local = command.Engine == CaseEngine.Local;
        if ((local ? s_slurm : s_local).FirstOrDefault(command.IsGiven) is string strange)
        {
            throw new SetupException(ErrorKind.NotForEngine, local
                ? $"-{strange} is for -Engine Slurm, and this run is on this machine."
                : $"-{strange} watches this machine's memory, and the cases of -Engine Slurm run on others, where Slurm shares memory out.", strange);
        }
        if (local) return new LocalEngine(launcher);
        var options = new SlurmOptions
        {
            Partition = command.SlurmPartition,
            Account = command.SlurmAccount,
            Time = command.SlurmTime,
            More = command.SlurmOption,
        };
        foreach (string option in options.More)
        {
            if (SlurmOptions.Fault(option) is string fault)
                throw new SetupException(ErrorKind.InvalidSlurmOption, $"-SlurmOption '{option}': {fault}.", option);
        }
        try
        {
            return new SlurmEngine(SlurmCluster.Find(options, runner(), caseLimit), folder);
        }
        catch (ClusterException e)
        {
            throw new SetupException(ErrorKind.ClusterNotUsable, e.Message, command.SlurmPartition, e);
        }
    }
}
