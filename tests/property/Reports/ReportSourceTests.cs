using Defragger.Compare;
using Defragger.Reports;
using Xunit;

namespace Defragger.Tests.Reports;

public class ReportSourceTests
{
    [Fact]
    public void Each_case_counts_once_as_its_last_line_says()
    {
        using var run = new WrittenRun([
            WrittenRun.Line("a", CaseStatus.Error), WrittenRun.Line("b", CaseStatus.Same), WrittenRun.Line("a", CaseStatus.Changed)]);
        using var source = new ReportSource(run.Output);
        Assert.Equal(["b", "a"], source.Lines().Select(line => line.Result.Case));
        Assert.Equal((2, 0, 1), (source.Head.Summary.Total, source.Head.Failed, source.Head.Different));
        Assert.Equal("1 of 2 cases differs.", source.Head.Verdict);
    }

    [Theory]
    [InlineData("completed", "", 0)]
    [InlineData("stopped", "was stopped", 2)]
    [InlineData("failed", "the disk is full", 2)]
    [InlineData("killed", "it was killed", 2)]
    public void Half_a_run_says_that_it_is_one(string end, string told, int exitCode)
    {
        using var run = new WrittenRun([WrittenRun.Line("a", CaseStatus.Same)], new RunRecord { Failure = end == "failed" ? "the disk is full" : null }, isOver: false);
        if (end is "completed" or "stopped") run.End(stopped: end == "stopped");
        using var source = new ReportSource(run.Output);
        Assert.Contains(told, source.Head.Incomplete ?? "", StringComparison.Ordinal);
        Assert.Equal(end == "completed", source.Head.Incomplete == null);
        Assert.Equal(exitCode, source.Head.ExitCode);
        foreach (ReportFormat format in Enum.GetValues<ReportFormat>().Except([ReportFormat.Csv, ReportFormat.Jsonl]))
            Assert.Equal(end != "completed", run.Report(format).Contains("this report", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_that_goes_on_is_reported_as_far_as_it_is()
    {
        using var run = new WrittenRun([WrittenRun.Line("a", CaseStatus.Same)]);
        using var folder = new OutputFolder(run.Output);
        using var source = new ReportSource(run.Output);
        Assert.Equal(ReportState.Running, source.Head.State);
        using var own = new ReportSource(run.Output, isOver: true);
        Assert.Equal(ReportState.Completed, own.Head.State);
    }

    [Fact]
    public void Lines_that_come_while_it_is_read_wait_for_the_next_report()
    {
        using var run = new WrittenRun([WrittenRun.Line("a", CaseStatus.Same)]);
        using var source = new ReportSource(run.Output);
        using (Journal journal = Journal.Append(OutputFolder.JournalOf(run.Output), new FileInfo(OutputFolder.JournalOf(run.Output)).Length))
            journal.Add(WrittenRun.Line("b", CaseStatus.Same));
        Assert.Single(source.Lines());
    }

    [Fact]
    public void A_journal_of_an_older_version_is_reported_without_what_it_lacks()
    {
        using var run = new WrittenRun([WrittenRun.Line("a", CaseStatus.Same)]);
        File.Delete(OutputFolder.RecordOf(run.Output));
        File.Delete(OutputFolder.EndOf(run.Output));
        File.Delete(OutputFolder.SamplesOf(run.Output));
        Assert.Contains("did not note whether the run came to its end", run.Report(ReportFormat.Html), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_line_is_told_with_its_place_and_nothing_is_written()
    {
        using var run = new WrittenRun([]);
        long place = new FileInfo(OutputFolder.JournalOf(run.Output)).Length;
        File.AppendAllText(OutputFolder.JournalOf(run.Output), "{\"result\":\n{}\n");
        Assert.Contains($"at byte {place}", Assert.Throws<FormatException>(() => run.Report(ReportFormat.Html)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(run.Output, "report*"));
    }

    [Theory]
    [InlineData("not a record")]
    [InlineData("null")]
    [InlineData("""{"ignoreRules":[null]}""")]
    public void A_damaged_record_is_told_by_its_name(string text)
    {
        using var run = new WrittenRun([WrittenRun.Line("a", CaseStatus.Same)]);
        File.WriteAllText(OutputFolder.RecordOf(run.Output), text);
        Assert.Contains("run.json", Assert.Throws<FormatException>(() => run.Report(ReportFormat.Csv)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_stopped_leaves_the_report_that_was_there()
    {
        using var run = new WrittenRun([WrittenRun.Line("a", CaseStatus.Same)]);
        File.WriteAllText(Path.Combine(run.Output, "report.html"), "before");
        using var source = new ReportSource(run.Output);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => ReportFiles.Write(source, Enum.GetValues<ReportFormat>(), run.Output, stop.Token));
        Assert.Equal("before", File.ReadAllText(Assert.Single(Directory.GetFiles(run.Output, "*report*"))));
    }

    [Fact]
    public void Differences_are_shown_of_the_files_that_were_compared_and_of_no_others()
    {
        using var run = new WrittenRun([]);
        run.Write("same.txt", "one\ntwo\n", "one\nthree\n");
        JournalLine line = run.Located("same.txt", CaseStatus.Changed);
        var header = new JournalHeader(JournalHeader.Version, "0", WrittenRun.Started, run.Baseline, run.Candidate);
        Assert.NotNull(CaseDetail.Of(line, header)!.Text);

        Assert.Contains("not the ones that were compared", CaseDetail.Of(line with { Candidate = new FileStamp(1, 1) }, header)!.Note, StringComparison.Ordinal);
        string outside = Path.Combine(run.Output, "secret.txt");
        File.WriteAllText(outside, "secret");
        JournalLine elsewhere = line with { Result = line.Result with { CandidatePath = outside }, Candidate = FileStamp.Of(outside) };
        Assert.Null(CaseDetail.Of(elsewhere, header)!.Text);
        string link = Path.Combine(run.Candidate, "link.txt");
        File.CreateSymbolicLink(link, outside);
        JournalLine led = line with { Result = line.Result with { CandidatePath = link }, Candidate = FileStamp.Of(link) };
        Assert.Null(CaseDetail.Of(led, header)!.Text);
    }

    [Fact]
    public void Own_time_of_a_run_that_was_gone_on_with_has_no_gap()
    {
        DateTimeOffset later = WrittenRun.Started.AddHours(5);
        var clock = new RunClock(WrittenRun.Started, [
            WrittenRun.Sample(0, 1), WrittenRun.Sample(10, 1),
            WrittenRun.Sample(0, 1) with { Seconds = 10, Time = later }, WrittenRun.Sample(0, 1) with { Seconds = 15, Time = later.AddSeconds(5) }]);
        Assert.Equal(4, clock.At(WrittenRun.Started.AddSeconds(4)), 3);
        Assert.Equal(12, clock.At(later.AddSeconds(2)), 3);
        Assert.Equal(0, clock.At(WrittenRun.Started.AddSeconds(-3)));
    }
}
