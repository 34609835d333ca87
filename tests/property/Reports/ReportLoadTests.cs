using Defragger.Compare;
using Defragger.Measure;
using Defragger.Reports;
using Xunit;

namespace Defragger.Tests.Reports;

/// <summary>A hundred thousand cases: what reports take. The heap is the whole process's: nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(ReportLoadTests), DisableParallelization = true)]
[Collection(nameof(ReportLoadTests))]
public class ReportLoadTests
{
    public const int Cases = 100_000;

    // A report may hold what its format must have at its end, and not the cases: of these 100,000 would be 100 MB.
    private const long MostHeld = 24 << 20;

    [Fact]
    public void All_reports_on_a_hundred_thousand_cases_hold_little_and_come_soon()
    {
        using var run = new WrittenRun(Many());
        // What earlier tests left to finalizers would be taken for room that the reports gave back.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        TimeSpan began = ThreadClock.Now(); // of this thread: what else the machine does is no fault of the reports
        using (var source = new ReportSource(run.Output))
        {
            IReport[] reports = [.. Enum.GetValues<ReportFormat>().Select(format => ReportFiles.Open(format, File.Create(Path.Combine(run.Output, ReportFiles.NameOf(format)))))];
            foreach (IReport report in reports) report.Begin(source.Head);
            int pulled = 0;
            foreach (JournalLine line in source.Lines())
            {
                foreach (IReport report in reports) report.Add(line);
                if (++pulled % 10_000 == 0) most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
            foreach (IReport report in reports) report.End();
            foreach (IReport report in reports) report.Dispose();
        }
        TimeSpan took = ThreadClock.Now() - began;
        Notes.Add($"reports: six on {Cases:N0} cases in {took.TotalSeconds:0.0} s of processor time, {most / 1048576.0:0.0} MB held, report.html {new FileInfo(Path.Combine(run.Output, "report.html")).Length / 1048576.0:0.0} MB");
        Assert.InRange(most, long.MinValue, MostHeld);
        Assert.True(took < TimeSpan.FromSeconds(60), $"{took}");
    }

    /// <summary>Cases of all statuses with counts, spread over ten minutes.</summary>
    internal static IEnumerable<JournalLine> Many(int cases = Cases)
    {
        CaseStatus[] statuses = Enum.GetValues<CaseStatus>();
        for (int i = 0; i < cases; i++)
        {
            CaseStatus status = i % 4 == 0 ? statuses[i / 4 % statuses.Length] : CaseStatus.Same;
            JournalLine line = WrittenRun.Line($"module{i % 97}/part{i % 13}/case-{i}.sarif", status, status == CaseStatus.Same ? "byte for byte equal" : $"{i % 7} of {i} findings");
            yield return line with
            {
                Result = line.Result with
                {
                    Ended = WrittenRun.Started.AddSeconds(i * 0.006), Duration = TimeSpan.FromSeconds(0.01 + (i % 50) * 0.02), PeakMemory = (5L << 20) + (i * 7919L % (400L << 20)),
                    New = i % 7, Absent = i % 3, Updated = i % 11, Moved = i % 5, Unchanged = i % 1000, Ignored = 0, WaitSeconds = i % 20 == 0 ? i % 30 * 0.1 : 0, HeldBy = i % 20 == 0 ? (HoldReason)(1 + i % 8) : HoldReason.None,
                },
            };
        }
    }
}
