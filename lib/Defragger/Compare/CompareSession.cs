using Defragger.Engines;
using Defragger.Gauges;
using Defragger.History;
using Defragger.Reports;
using Defragger.Runs;

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
    /// <param name="history">Full path of the history, or null to do without.</param>
    /// <param name="listener">Who is told; on the calling thread.</param>
    /// <param name="stop">Ends the run.</param>
    /// <exception cref="IOException">Output cannot be written, memory cannot be read.</exception>
    /// <exception cref="FormatException">The journal to go on with is damaged.</exception>
    /// <exception cref="LauncherLostException">The launcher could not be started, or died.</exception>
    public static CompareSummary Run(
        RunOptions options, CaseSource source, OutputFolder folder, JournalHeader header, bool resume, string launcher,
        string? history, IRunListener listener, CancellationToken stop)
    {
        CompareSummary summary;
        RunEnd? earlier;
        PeakHistory? peaks = history == null ? null
            : PeakHistory.TryOpen(history, HistoryKey.Of(options.Comparer.Identity), listener.Warned);
        using (peaks)
        using (var gauge = new LinuxMemoryGauge())
        using (var pressure = new PressureGauge())
        using (var kills = new OomKillCounter())
        using (RunOutput output = resume ? RunOutput.Resume(folder) : RunOutput.Create(folder, header))
        {
            header = output.Header;
            earlier = resume ? RunEnd.Read(folder.End, folder.Journal, header) : null;
            using var cases = new NativeLauncher(launcher);
            long? before = kills.Read();
            var world = new RunWorld(cases, gauge, pressure, TimeProvider.System);
            summary = new CompareRun(options, source, world, output, peaks, listener).Run(stop);
            long others = kills.Read() - before - summary.KernelKills ?? 0;
            if (others > 0)
            {
                listener.Warned($"The kernel killed {others} more {(others == 1 ? "process" : "processes")} for want of memory while the run "
                    + "went on: parts of cases that went on without them, or other programs.");
            }
        }
        if (peaks?.TakeWarning() is string warning) listener.Warned(warning); // of its last lines, written as it was closed
        EndOf(summary, header, earlier, new FileInfo(folder.Journal).Length).Write(folder.End);
        string title = $"{Path.GetFileName(header.Baseline)} against {Path.GetFileName(header.Candidate)}, "
            + $"{header.Started:yyyy-MM-dd HH:mm}: {summary.Total:N0} cases";
        MemoryGraph.Draw(folder.MemorySamples, folder.MemoryGraph, title);
        return summary;
    }

    private static RunEnd EndOf(CompareSummary summary, JournalHeader header, RunEnd? earlier, long journal) => new(
        journal, header.Started, DateTimeOffset.UtcNow, summary.Elapsed + (earlier?.Elapsed ?? TimeSpan.Zero), summary.Stopped, summary.ExitCode,
        Enum.GetValues<CaseStatus>().Where(status => summary.Count(status) > 0).ToDictionary(status => status, summary.Count));
}
