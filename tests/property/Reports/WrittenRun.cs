using Defragger.Compare;
using Defragger.Engines;
using Defragger.Reports;
using Defragger.Runs;

namespace Defragger.Tests.Reports;

/// <summary>The output directory of a run that never was, and reports on it.</summary>
internal sealed class WrittenRun : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static DateTimeOffset Started { get; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <param name="lines">Its journal.</param>
    /// <param name="record">What it was asked.</param>
    /// <param name="samples">Its memory; a second of two samples when it is not given.</param>
    /// <param name="isOver">It told its end.</param>
    public WrittenRun(IEnumerable<JournalLine> lines, RunRecord? record = null, IEnumerable<MemorySample>? samples = null, bool isOver = true)
    {
        Directory.CreateDirectory(Baseline);
        Directory.CreateDirectory(Candidate);
        Directory.CreateDirectory(Output);
        using (Journal journal = Journal.Create(OutputFolder.JournalOf(Output), new JournalHeader(JournalHeader.Version, "0.1.0", Started, Baseline, Candidate)))
        {
            foreach (JournalLine line in lines) journal.Add(line);
        }
        using (MemoryLog log = MemoryLog.Create(OutputFolder.SamplesOf(Output)))
        {
            foreach (MemorySample sample in samples ?? [Sample(0, 1), Sample(1, 2)]) log.Add(sample, always: true);
        }
        (record ?? new RunRecord { ThrottleLimit = 2, PeakUsed = 2 << 20, TotalMemory = 8 << 20 }).Write(OutputFolder.RecordOf(Output));
        if (isOver) End();
    }

    /// <summary>Tells that the run, with the journal that it has now, came to its end.</summary>
    public void End(bool stopped = false) => new RunEnd(
        new FileInfo(OutputFolder.JournalOf(Output)).Length, Started, Started.AddSeconds(1), TimeSpan.FromSeconds(1), stopped, stopped ? 2 : 0,
        new Dictionary<CaseStatus, long>()).Write(OutputFolder.EndOf(Output));

    public string Output => _directory["out"];

    public string Baseline => _directory["base"];

    public string Candidate => _directory["cand"];

    /// <summary>The only file of a report.</summary>
    public string Report(ReportFormat format)
    {
        using var source = new ReportSource(Output);
        return File.ReadAllText(Assert(ReportFiles.Write(source, [format], Output)));

        static string Assert(IReadOnlyList<string> files) => Xunit.Assert.Single(files);
    }

    public string Write(string name, string baseline, string candidate)
    {
        _directory.Write($"base/{name}", baseline);
        _directory.Write($"cand/{name}", candidate);
        return name;
    }

    public static MemorySample Sample(double seconds, int running) =>
        new(seconds, (long)(seconds + 1) << 20, 8 << 20, running, 2, 3 << 20, 6 << 20, Started.AddSeconds(seconds));

    /// <summary>A case with figures.</summary>
    public static JournalLine Line(string name, CaseStatus status, string reason = "") => new(
        new CaseResult
        {
            Case = name, Status = status, Reason = reason, Ended = Started.AddSeconds(0.9), Duration = TimeSpan.FromSeconds(0.5), Attempts = 1,
            PeakMemory = 5 << 20, PeakSource = PeakSource.Rusage, New = status == CaseStatus.Changed ? 1 : null,
        },
        FileStamp.None, FileStamp.None, "comparer");

    /// <summary>A case whose two files are there.</summary>
    public JournalLine Located(string name, CaseStatus status)
    {
        JournalLine line = Line(name, status);
        (string left, string right) = (Path.Combine(Baseline, name), Path.Combine(Candidate, name));
        return line with { Result = line.Result with { BaselinePath = left, CandidatePath = right }, Baseline = FileStamp.Of(left), Candidate = FileStamp.Of(right) };
    }

    public void Dispose() => _directory.Dispose();
}
