using Defragger.Engines;
using Defragger.Gauges;
using Defragger.Reports;

namespace Defragger.Compare;

/// <summary>A run with the real outside world: this machine's memory, its processes, its clock.</summary>
internal static class CompareSession
{
    /// <summary>Runs, and draws the graph when the run is over.</summary>
    /// <param name="options">How the run goes.</param>
    /// <param name="source">The cases; disposed of by the caller.</param>
    /// <param name="folder">Where output goes; its lock is held by the caller.</param>
    /// <param name="header">The journal's first line.</param>
    /// <param name="resume">Go on with the journal in the folder.</param>
    /// <param name="launcher">Path of the launcher.</param>
    /// <param name="listener">Who is told; on the calling thread.</param>
    /// <param name="stop">Ends the run.</param>
    /// <exception cref="IOException">Output cannot be written, memory cannot be read.</exception>
    /// <exception cref="FormatException">The journal to go on with is damaged.</exception>
    /// <exception cref="LauncherLostException">The launcher could not be started, or died.</exception>
    public static CompareSummary Run(
        RunOptions options, CaseSource source, OutputFolder folder, JournalHeader header, bool resume, string launcher,
        IRunListener listener, CancellationToken stop)
    {
        CompareSummary summary;
        using (var gauge = new LinuxMemoryGauge())
        using (RunOutput output = resume ? RunOutput.Resume(folder) : RunOutput.Create(folder, header))
        {
            using var cases = new NativeLauncher(launcher);
            summary = new CompareRun(options, source, cases, gauge, TimeProvider.System, output, listener).Run(stop);
        }
        string title = $"{Path.GetFileName(header.Baseline)} against {Path.GetFileName(header.Candidate)}, "
            + $"{header.Started:yyyy-MM-dd HH:mm}: {summary.Total:N0} cases";
        MemoryGraph.Draw(folder.MemorySamples, folder.MemoryGraph, title);
        return summary;
    }
}
