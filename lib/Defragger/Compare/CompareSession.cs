using Defragger.History;
using Defragger.Reports;

namespace Defragger.Compare;

/// <summary>A run with all that lasts beyond it: its output and the history.</summary>
internal static class CompareSession
{
    /// <summary>Runs, and draws the graph when the run is over.</summary>
    /// <param name="options">How the run goes.</param>
    /// <param name="source">The cases; disposed of by the caller.</param>
    /// <param name="folder">Where output goes; its lock is held by the caller.</param>
    /// <param name="header">The journal's first line.</param>
    /// <param name="resume">Go on with the journal in the folder.</param>
    /// <param name="engine">Where the cases are compared.</param>
    /// <param name="history">Full path of the history, or null to do without.</param>
    /// <param name="listener">Who is told; on the calling thread.</param>
    /// <param name="stop">Ends the run.</param>
    /// <exception cref="IOException">Output cannot be written, memory cannot be read.</exception>
    /// <exception cref="FormatException">The journal to go on with is damaged.</exception>
    /// <exception cref="Engines.LauncherLostException">This machine: the launcher could not be started, or died.</exception>
    /// <exception cref="Cluster.ClusterException">A cluster: tasks cannot be handed in, or none of them comes to a result.</exception>
    public static CompareSummary Run(
        RunOptions options, CaseSource source, OutputFolder folder, JournalHeader header, bool resume, ICaseEngine engine,
        string? history, IRunListener listener, CancellationToken stop)
    {
        CompareSummary summary;
        PeakHistory? peaks = history == null ? null
            : PeakHistory.TryOpen(history, HistoryKey.Of(options.Comparer.Identity), listener.Warned);
        using (peaks)
        using (RunOutput output = resume ? RunOutput.Resume(folder) : RunOutput.Create(folder, header))
            summary = engine.Run(options, source, output, peaks, listener, stop);
        if (peaks?.TakeWarning() is string warning) listener.Warned(warning); // of its last lines, written as it was closed
        string title = $"{Path.GetFileName(header.Baseline)} against {Path.GetFileName(header.Candidate)}, "
            + $"{header.Started:yyyy-MM-dd HH:mm}: {summary.Total:N0} cases";
        MemoryGraph.Draw(folder.MemorySamples, folder.MemoryGraph, title);
        return summary;
    }
}
