using Defragger.Compare;
using Defragger.Runs;

namespace Defragger.Reports;

/// <summary>What a run left in its output directory, read twice: once for the sums that stand at the head of a report, and
/// once, case by case, for the rest.</summary>
/// <remarks>
/// 1. The last line of a case counts, as on -Resume: each case is told once.
/// 2. What is told is the journal as long as it was when it was opened; a run may go on writing.
/// 3. Memory: the journal's index, about 50 bytes a case.
/// </remarks>
internal sealed class ReportSource : IDisposable
{
    private readonly JournalIndex _journal;

    /// <summary>Opens a run.</summary>
    /// <param name="directory">Full path of its output directory.</param>
    /// <param name="isOver">The run is the caller's own, and over, though the directory is still its.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file cannot be read.</exception>
    /// <exception cref="FormatException">A file is damaged, or is not what its name says.</exception>
    public ReportSource(string directory, bool isOver = false)
    {
        // Before the journal is looked at: a run that ends meanwhile is told as one that goes on, not as one without an end.
        bool runs = !isOver && OutputFolder.IsInUse(directory);
        _journal = new JournalIndex(OutputFolder.JournalOf(directory));
        try
        {
            var summary = new CompareSummary();
            foreach (JournalLine line in Lines()) summary.Add(line.Result);
            RunRecord? record = RunRecord.Read(OutputFolder.RecordOf(directory));
            RunEnd? end = RunEnd.Read(OutputFolder.EndOf(directory), OutputFolder.JournalOf(directory), _journal.Header);
            ReportState state = runs ? ReportState.Running
                : end != null ? end.Stopped ? ReportState.Stopped : ReportState.Completed
                : record == null ? ReportState.Unknown : ReportState.Failed;
            summary.Stopped = state == ReportState.Stopped;
            Head = new ReportHead(_journal.Header, record, runs ? null : end, state, summary, directory);
        }
        catch
        {
            _journal.Dispose();
            throw;
        }
    }

    /// <summary>What is known of the whole run.</summary>
    public ReportHead Head { get; }

    /// <summary>The cases in the order in which they ended, each once.</summary>
    /// <exception cref="IOException">The journal cannot be read.</exception>
    public IEnumerable<JournalLine> Lines() => _journal.LastLines();

    public void Dispose() => _journal.Dispose();
}
