using Defragger.Cluster;
using Defragger.Engines;
using Defragger.History;
using Defragger.Reports;
using Defragger.Runs;

namespace Defragger.Compare;

/// <summary>A run with all that lasts beyond it: its output and the history.</summary>
internal static class CompareSession
{
    /// <summary>Runs, draws the graph when the run is over, and writes the reports, also when it could not go on.</summary>
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
    /// <exception cref="LauncherLostException">This machine: the launcher could not be started, or died.</exception>
    /// <exception cref="ClusterException">A cluster: tasks cannot be handed in, or none of them comes to a result.</exception>
    public static CompareSummary Run(
        RunOptions options, CaseSource source, OutputFolder folder, JournalHeader header, bool resume, ICaseEngine engine,
        string? history, IRunListener listener, CancellationToken stop)
    {
        RunRecord record = RunRecord.Of(options);
        bool begun = false;
        CompareSummary summary;
        try
        {
            summary = Compare(options, source, folder, ref header, resume, engine, history, listener, Begin, stop);
        }
        catch (Exception e) when (begun && e is (IOException or UnauthorizedAccessException or LauncherLostException or ClusterException))
        {
            TryReport(options, folder, record with { Failure = e.Message }, listener);
            throw;
        }
        record.With(summary).Write(folder.Record);
        DrawGraph(folder, header, summary.Total);
        WriteReports(options, folder);
        return summary;

        void Begin()
        {
            RemoveReports(folder);
            record.Write(folder.Record);
            begun = true;
        }
    }

    private static CompareSummary Compare(
        RunOptions options, CaseSource source, OutputFolder folder, ref JournalHeader header, bool resume, ICaseEngine engine,
        string? history, IRunListener listener, Action begin, CancellationToken stop)
    {
        CompareSummary summary;
        RunEnd? earlier;
        PeakHistory? peaks = history == null ? null
            : PeakHistory.TryOpen(history, HistoryKey.Of(options.Comparer.Identity), listener.Warned);
        using (peaks)
        using (RunOutput output = resume ? RunOutput.Resume(folder) : RunOutput.Create(folder, header))
        {
            header = output.Header;
            earlier = resume ? RunEnd.Read(folder.End, folder.Journal, header) : null;
            begin(); // not before: a journal that cannot be gone on with keeps its record and its reports
            summary = engine.Run(options, source, output, peaks, listener, stop);
        }
        if (peaks?.TakeWarning() is string warning) listener.Warned(warning); // of its last lines, written as it was closed
        EndOf(summary, header, earlier, new FileInfo(folder.Journal).Length).Write(folder.End);
        return summary;
    }

    private static RunEnd EndOf(CompareSummary summary, JournalHeader header, RunEnd? earlier, long journal) => new(
        journal, header.Started, DateTimeOffset.UtcNow, summary.Elapsed + (earlier?.Elapsed ?? TimeSpan.Zero), summary.Stopped, summary.ExitCode,
        Enum.GetValues<CaseStatus>().Where(status => summary.Count(status) > 0).ToDictionary(status => status, summary.Count));

    private static void DrawGraph(OutputFolder folder, JournalHeader header, long total)
    {
        string title = $"{Path.GetFileName(header.Baseline)} against {Path.GetFileName(header.Candidate)}, "
            + $"{header.Started:yyyy-MM-dd HH:mm}: {total:N0} cases";
        MemoryGraph.Draw(folder.MemorySamples, folder.MemoryGraph, title);
    }

    private static void WriteReports(RunOptions options, OutputFolder folder)
    {
        if (options.Reports.Count == 0) return;
        using var run = new ReportSource(folder.FullPath, isOver: true);
        ReportFiles.Write(run, options.Reports, folder.FullPath);
    }

    /// <summary>What an earlier run reported in this directory is no longer true.</summary>
    private static void RemoveReports(OutputFolder folder)
    {
        try
        {
            foreach (string name in RunRecord.Read(folder.Record)?.Reports ?? [])
                if (Enum.GetValues<ReportFormat>().Any(format => ReportFiles.NameOf(format) == name)) File.Delete(Path.Combine(folder.FullPath, name));
        }
        catch (FormatException)
        {
            // A record that cannot be read is replaced; of its reports nothing is known.
        }
    }

    /// <summary>Reports how far a run came that could not go on. What hinders that is a warning: the failure itself is told.</summary>
    private static void TryReport(RunOptions options, OutputFolder folder, RunRecord record, IRunListener listener)
    {
        try
        {
            record.Write(folder.Record);
            WriteReports(options, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            listener.Warned($"No report was written of the run that could not go on: {e.Message}");
        }
    }
}
