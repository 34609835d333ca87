using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;
using Defragger.Compare;
using Microsoft.Win32.SafeHandles;

namespace Defragger.Reports;

/// <summary>What a run left in its output directory, read twice: once for the sums that stand at the head of a report, and
/// once, case by case, for the rest.</summary>
/// <remarks>
/// 1. The last line of a case counts, as on -Resume: each case is told once.
/// 2. What is told is the journal as long as it was when it was opened; a run may go on writing.
/// 3. Memory: a hash and a place for each case (about 50 bytes) if a case has several lines, else next to nothing once it is open.
/// </remarks>
internal sealed class ReportSource : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly string _journal;
    private readonly HashSet<long>? _last; // places of the lines that count; null when all do
    private readonly long _length;

    /// <summary>Opens a run.</summary>
    /// <param name="directory">Full path of its output directory.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="FormatException">A file is damaged, or is not what its name says.</exception>
    public ReportSource(string directory)
    {
        _journal = RunFiles.Journal(directory);
        _handle = File.OpenHandle(_journal, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            var places = new Dictionary<UInt128, long>();
            JournalHeader? header = null;
            long lines = 0;
            foreach ((long offset, byte[] line) in JournalIndex.Lines(_handle))
            {
                _length = offset + line.Length + 1;
                if (header == null)
                {
                    header = ParseHeader(line);
                    continue;
                }
                places[Key(Parse(offset, line).Result.Case)] = offset;
                lines++;
            }
            if (header == null) throw Fault(0, "it is empty", null);
            if (lines > places.Count) _last = [.. places.Values];
            places = null;
            Head = HeadOf(directory, header);
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>What is known of the whole run.</summary>
    public ReportHead Head { get; }

    /// <summary>The cases in the order in which they ended, each once.</summary>
    /// <exception cref="IOException">The journal cannot be read.</exception>
    public IEnumerable<JournalLine> Lines()
    {
        bool first = true;
        foreach ((long offset, byte[] line) in JournalIndex.Lines(_handle))
        {
            if (offset >= _length) yield break;
            if (!first && (_last == null || _last.Contains(offset))) yield return Parse(offset, line);
            first = false;
        }
    }

    public void Dispose() => _handle.Dispose();

    private ReportHead HeadOf(string directory, JournalHeader header)
    {
        var summary = new CompareSummary();
        foreach (JournalLine line in Lines()) summary.Add(line.Result);
        RunRecord? record = RunRecord.Read(RunFiles.Record(directory));
        bool runs = OutputFolder.ControlOfRun(directory) != null;
        ReportState state = record?.End switch
        {
            null => runs ? ReportState.Running : ReportState.Unknown,
            RunEnd.Completed => ReportState.Completed,
            RunEnd.Stopped => ReportState.Stopped,
            RunEnd.None when runs => ReportState.Running,
            _ => ReportState.Failed,
        };
        summary.Stopped = state == ReportState.Stopped;
        summary.PeakUsed = record?.PeakUsed ?? 0;
        summary.TotalMemory = record?.TotalMemory ?? 0;
        summary.KernelKills = record?.KernelKills ?? 0;
        summary.OwnKills = record?.OwnKills ?? 0;
        return new ReportHead(header, record, state, summary, directory);
    }

    private static UInt128 Key(string name) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(name.AsSpan()));

    private JournalHeader ParseHeader(byte[] line)
    {
        try
        {
            JournalHeader? header = JsonSerializer.Deserialize(line, JournalJson.Default.JournalHeader);
            return header?.Journal == JournalHeader.Version ? header : throw Fault(0, $"its layout is not {JournalHeader.Version}", null);
        }
        catch (JsonException e)
        {
            throw Fault(0, "its first line is not a journal's", e);
        }
    }

    private JournalLine Parse(long offset, byte[] line)
    {
        try
        {
            return JournalJson.Parse(line);
        }
        catch (JsonException e)
        {
            throw Fault(offset, "a line is damaged", e);
        }
    }

    private FormatException Fault(long offset, string what, Exception? inner) =>
        new($"'{_journal}' cannot be reported: {what} (at byte {offset}).", inner);
}
