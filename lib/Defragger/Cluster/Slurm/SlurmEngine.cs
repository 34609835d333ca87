using Defragger.Compare;
using Defragger.Files;
using Defragger.History;

namespace Defragger.Cluster.Slurm;

/// <summary>A cluster that Slurm runs.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="folder">Full path of the folder that the run shares with its tasks; made, and removed when the run is over.</param>
internal sealed class SlurmEngine(SlurmCluster cluster, string folder) : ICaseEngine
{
    /// <inheritdoc/>
    public int DefaultLimit => cluster.Shape.MostTasks;

    /// <inheritdoc/>
    public CompareSummary Run(
        RunOptions options, CaseSource source, RunOutput output, PeakHistory? history, IRunListener listener, CancellationToken stop)
    {
        if (cluster.Warning is string warning) listener.Warned(warning);
        using var pause = new RealPause();
        var world = new ClusterWorld(cluster.Batch, cluster.Shape, TimeProvider.System, pause);
        try
        {
            var record = new ClusterRecord(options.Comparer.Identity);
            bool goesOn = output.Resumes && ClusterRecord.Read(folder) == record;
            // Tasks of another comparer, or of a run that is not to be gone on with.
            if (!goesOn) ClusterTasks.Discard(cluster.Batch, folder);
            PrivatePath.CreateFolder(folder);
            record.Write(folder);
            var run = new ClusterRun(options, source, world, output, folder, history, listener);
            if (goesOn) run.Adopt();
            CompareSummary summary = run.Run(stop);
            ArrayFolder.Remove(folder);
            return summary;
        }
        catch (BatchBusyException e)
        {
            throw new ClusterException($"Slurm does not answer: {e.Message}");
        }
    }
}
