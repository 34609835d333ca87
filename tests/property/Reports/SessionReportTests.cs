using Defragger.Compare;
using Defragger.Engines;
using Defragger.Reports;
using Xunit;

namespace Defragger.Tests.Reports;

/// <summary>Reports that a run writes itself.</summary>
public sealed class SessionReportTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // /bin/true is a launcher that dies at once.
    [Fact]
    public void A_run_that_cannot_go_on_is_reported_with_why()
    {
        using var folder = new OutputFolder(_directory["out"]);
        LauncherLostException lost = Assert.ThrowsAny<LauncherLostException>(() => Run(folder, "/bin/true"));
        string page = File.ReadAllText(_directory["out/report.html"]);
        Assert.Contains("The run ended before its end", page, StringComparison.Ordinal);
        Assert.Contains(System.Net.WebUtility.HtmlEncode(lost.Message), page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_that_cannot_be_gone_on_with_keeps_its_reports()
    {
        _directory.Write("out/journal.jsonl", "not a journal\n");
        _directory.Write("out/run.json", """{"reports":["report.html"]}""");
        _directory.Write("out/report.html", "before");
        using var folder = new OutputFolder(_directory["out"]);
        Assert.Throws<FormatException>(() => Run(folder, "/bin/true", resume: true));
        Assert.Equal("before", File.ReadAllText(_directory["out/report.html"]));
    }

    [Fact]
    public void Only_reports_are_removed_of_what_a_record_names()
    {
        using (var folder = new OutputFolder(_directory["out"]))
        {
            _directory.Write("out/run.json", """{"reports":["report.csv","../precious","memory.csv"]}""");
            _directory.Write("out/report.csv", "before");
            _directory.Write("precious", "kept");
            Assert.ThrowsAny<LauncherLostException>(() => Run(folder, "/bin/true"));
        }
        Assert.False(File.Exists(_directory["out/report.csv"]));
        Assert.Equal("kept", File.ReadAllText(_directory["precious"]));
    }

    private void Run(OutputFolder folder, string launcher, bool resume = false)
    {
        string baseline = _directory["base"], candidate = _directory["cand"];
        _directory.Write("base/a", "1");
        _directory.Write("cand/a", "2");
        var options = new RunOptions { Comparer = new CommandComparer(["/bin/true"]), ThrottleLimit = 1, Reports = [ReportFormat.Html] };
        using CaseSource source = new DirectoryCases(baseline, candidate, new CaseFilter([], [], []));
        var header = new JournalHeader(JournalHeader.Version, "0.1.0", DateTimeOffset.UtcNow, baseline, candidate);
        CompareSession.Run(options, source, folder, header, resume, new LocalEngine(launcher), null, new Quiet(), CancellationToken.None);
    }

    private sealed class Quiet : IRunListener
    {
        public void Ended(CaseResult result)
        {
        }

        public void Decided(string message)
        {
        }

        public void Warned(string message)
        {
        }

        public void Moved(RunProgress progress)
        {
        }
    }
}
