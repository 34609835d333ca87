using Defragger.Compare;
using Defragger.Comparers.Differences;
using Defragger.Comparers.Rules;
using Defragger.Reports;
using PuppeteerSharp;
using PuppeteerSharp.Media;
using Xunit;

namespace Defragger.Tests.Reports;

/// <summary>report.html as a person uses it, in a real browser without a network.</summary>
public class HtmlPageTests(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task It_opens_without_a_network_and_without_a_complaint()
    {
        using WrittenRun run = Small();
        (IPage page, List<string> complaints) = await Open(run);
        Assert.Equal("5 of 11 cases could not be compared, 4 differ.", await Text(page, "h1"));
        Assert.Equal(11, await Count(page, "#space .row"));
        Assert.Empty(complaints);
        await Picture(page, "small");
        await page.EmulateMediaFeaturesAsync([new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = "dark" }]);
        await Picture(page, "small-dark");
        await page.CloseAsync();
    }

    [Fact]
    public async Task Nothing_that_a_case_is_called_becomes_an_element()
    {
        string[] names = ["</script><script>document.title='bad'</script>", "<img src=x onerror=document.title='bad'>", "a\nb\u202e", "\u0001"];
        using var run = new WrittenRun(names.Select(name => WrittenRun.Line(name, CaseStatus.Changed, name)));
        (IPage page, List<string> complaints) = await Open(run);
        Assert.Equal(names.Length, await Count(page, "#space .row"));
        Assert.Equal(0, await Count(page, "img"));
        Assert.DoesNotContain("bad", await page.GetTitleAsync(), StringComparison.Ordinal);
        string[] shown = await page.EvaluateExpressionAsync<string[]>("[...document.querySelectorAll('#space .name')].map(e => e.textContent)");
        Assert.Equal(names.Select(ReportText.Visible).Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));
        Assert.Empty(complaints);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Words_statuses_and_columns_choose_and_order()
    {
        using WrittenRun run = Small();
        (IPage page, _) = await Open(run);
        await page.TypeAsync("#filter", "TEXT changed");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#space .row').length === 1");
        Assert.Equal("dir/Changed text.txt", await Text(page, "#space .name"));
        await page.ClickAsync("#all");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#space .row').length === 11");
        await page.ClickAsync($".chip[data-status='{(int)CaseStatus.Added}']");
        await page.ClickAsync($".chip[data-status='{(int)CaseStatus.Removed}']");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#space .row').length === 2");
        await page.ClickAsync("#all");
        await page.ClickAsync("[data-column=case] button");
        Assert.Equal("ascending", await page.EvaluateExpressionAsync<string>("document.querySelector('[data-column=case]').getAttribute('aria-sort')"));
        await page.TypeAsync("#filter", "no such case");
        await page.WaitForFunctionAsync("() => !document.getElementById('none').hidden");
        await page.CloseAsync();
    }

    [Fact]
    public async Task The_keyboard_goes_everywhere()
    {
        using WrittenRun run = Small();
        (IPage page, List<string> complaints) = await Open(run);
        await page.FocusAsync("#space .row[tabindex='0']");
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("End");
        Assert.Equal("dir/Same case.txt", await Focused(page, ".name"));
        await page.Keyboard.PressAsync("Home");
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal("opened", await page.EvaluateExpressionAsync<string>("document.activeElement.id"));
        Assert.Equal("dir/Error case.txt", await Text(page, "#opened"));
        await page.Keyboard.PressAsync("Escape");
        Assert.Equal("dir/Error case.txt", await Focused(page, ".name"));
        await page.Keyboard.PressAsync("/");
        Assert.Equal("filter", await page.EvaluateExpressionAsync<string>("document.activeElement.id"));
        await page.FocusAsync("#graph");
        await page.Keyboard.PressAsync("Home");
        Assert.Contains("At 0.0 s", await Text(page, "#moment"), StringComparison.Ordinal);
        Assert.Contains("dir/Changed text.txt", await Text(page, "#moment"), StringComparison.Ordinal);
        Assert.Empty(complaints);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Two_texts_stand_side_by_side()
    {
        using WrittenRun run = Small();
        (IPage page, _) = await Open(run);
        await page.TypeAsync("#filter", "text.txt");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#space .row').length === 1");
        await page.ClickAsync("#space .row");
        Assert.Equal("word", (await Text(page, ".sides del")).Trim());
        Assert.Equal("<b>", (await Text(page, ".sides ins")).Trim());
        await Picture(page, "detail");
        await page.CloseAsync();
    }

    [Fact]
    public async Task Findings_are_a_list_with_the_words_that_changed()
    {
        JournalLine line = WrittenRun.Line("a.sarif", CaseStatus.Changed);
        using var run = new WrittenRun([line with
        {
            Result = line.Result with
            {
                New = 70, Absent = 0, Updated = 1, Moved = 0, Ignored = 0,
                Differences =
                [
                    new Difference { Kind = DifferenceKind.New, Place = "src/a.c:7", Rule = "core.Null", After = "null </td> here" },
                    new Difference { Kind = DifferenceKind.Updated, Place = "src/a.c:12", From = "src/a.c:10", Rule = "core.Leak", Before = "leak of 10 bytes of it", After = "leak of 12 bytes of it" },
                ],
            },
        }]);
        (IPage page, List<string> complaints) = await Open(run);
        await page.ClickAsync("#space .row");
        Assert.Equal(2, await Count(page, "#detail .list tbody tr"));
        Assert.Equal("10", await Text(page, "#detail .list del"));
        Assert.Equal("12", await Text(page, "#detail .list ins"));
        Assert.Contains("src/a.c:12 (was src/a.c:10)", await Text(page, "#detail .list tbody tr:last-child"), StringComparison.Ordinal);
        Assert.Contains("2 of 71 differences were kept", await Text(page, "#detail"), StringComparison.Ordinal);
        Assert.Contains("updated src/a.c:12 (was src/a.c:10) core.Leak: leak of 10 bytes of it -> leak of 12 bytes of it", run.Report(ReportFormat.JUnit).Replace("&gt;", ">"), StringComparison.Ordinal);
        Assert.Empty(complaints);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Paper_has_a_table_of_what_was_chosen()
    {
        using WrittenRun run = Small();
        (IPage page, _) = await Open(run);
        await page.EvaluateExpressionAsync("dispatchEvent(new Event('beforeprint'))");
        await page.EmulateMediaTypeAsync(MediaType.Print);
        Assert.Equal(11, await Count(page, "#printed tbody tr"));
        await Picture(page, "print");
        await page.CloseAsync();
    }

    [Fact]
    public async Task A_hundred_thousand_cases_do_not_freeze_it()
    {
        IEnumerable<MemorySample> samples = Enumerable.Range(0, 601).Select(i => WrittenRun.Sample(i, i % 3) with { Used = (2L << 20) + (i * 7919L % (3 << 20)) });
        using var run = new WrittenRun(ReportLoadTests.Many(), samples: samples);
        (IPage page, List<string> complaints) = await Open(run);
        double paint = await page.EvaluateExpressionAsync<double>("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.now()");
        double loaded = await page.EvaluateExpressionAsync<double>("performance.timing.loadEventEnd - performance.timing.navigationStart");
        Assert.InRange(await Count(page, "#space .row"), 10, 80);
        double filter = await page.EvaluateExpressionAsync<double>("(() => { const from = performance.now(); state.words = ['case-4242']; update(); view.offsetHeight; return performance.now() - from; })()");
        Assert.Equal("11 of 100,000 cases", await Text(page, "#shown"));
        double again = await page.EvaluateExpressionAsync<double>("(() => { const from = performance.now(); state.words = ['module42']; update(); view.offsetHeight; return performance.now() - from; })()");
        double sort = await page.EvaluateExpressionAsync<double>("(() => { const from = performance.now(); state.words = []; state.sort = 'peak'; state.down = true; update(); view.offsetHeight; return performance.now() - from; })()");
        double scroll = await page.EvaluateExpressionAsync<double>("(() => { const from = performance.now(); for (let i = 1; i <= 50; i++) { view.scrollTop = i * 50000; render(); view.offsetHeight; } return (performance.now() - from) / 50; })()");
        await page.FocusAsync("#space .row[tabindex='0']");
        await page.Keyboard.PressAsync("End");
        Assert.Equal("100001", await page.EvaluateExpressionAsync<string>("document.activeElement.getAttribute('aria-rowindex')"));
        double moment = await page.EvaluateExpressionAsync<double>("(() => { const from = performance.now(); document.getElementById('graph').focus(); return performance.now() - from; })()");
        Notes.Add($"report.html with 100,000 cases: first paint {paint:0} ms, loaded {loaded:0} ms, filter {filter:0} ms and then {again:0} ms, sort {sort:0} ms, scroll {scroll:0.0} ms, a moment of the graph {moment:0} ms");
        await Picture(page, "many");
        Assert.Empty(complaints);
        // Generous: the machine may be busy. What is meant is a fifth of it.
        Assert.True(paint < 15_000 && filter < 2500 && sort < 5000 && scroll < 250 && moment < 1000, $"paint {paint}, filter {filter}, sort {sort}, scroll {scroll}, moment {moment} ms");
        await page.CloseAsync();
    }

    /// <summary>A case of each status, one more with two texts, and rules.</summary>
    private static WrittenRun Small()
    {
        var record = new RunRecord
        {
            ThrottleLimit = 2, PeakUsed = 2 << 20, TotalMemory = 8 << 20,
            Tolerances = ["*.time=10%"],
            IgnoreRules = [new IgnoreRule { Reason = "not ours", Bug = "#12", Path = "third_party/*" }, new IgnoreRule { Reason = "gone", Expires = new DateOnly(2025, 1, 1) }],
        };
        var lines = new List<JournalLine>(Enum.GetValues<CaseStatus>().Select(status => WrittenRun.Line($"dir/{status} case.txt", status, $"because of {status}")));
        var run = new WrittenRun([], record);
        string name = run.Write("dir/Changed text.txt", "one\nthere is a word in this line\nthree\n", "one\nthere is a <b> in this line\nthree\n");
        lines.Add(run.Located(name, CaseStatus.Changed));
        using (Journal journal = Journal.Append(OutputFolder.JournalOf(run.Output), new FileInfo(OutputFolder.JournalOf(run.Output)).Length))
        {
            foreach (JournalLine line in lines) journal.Add(line);
        }
        run.End();
        return run;
    }

    private async Task<(IPage Page, List<string> Complaints)> Open(WrittenRun run)
    {
        run.Report(ReportFormat.Html);
        return await browser.Open(Path.Combine(run.Output, "report.html"));
    }

    private static async Task<string> Text(IPage page, string selector) =>
        await page.EvaluateFunctionAsync<string>("s => document.querySelector(s).textContent", selector);

    private static async Task<int> Count(IPage page, string selector) =>
        await page.EvaluateFunctionAsync<int>("s => document.querySelectorAll(s).length", selector);

    private static async Task<string> Focused(IPage page, string selector) =>
        await page.EvaluateFunctionAsync<string>("s => document.activeElement.querySelector(s).textContent", selector);

    // For a person: DEFRAG_TEST_PICTURES names a directory.
    private static async Task Picture(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("DEFRAG_TEST_PICTURES") is { Length: > 0 } directory)
            await page.ScreenshotAsync(Path.Combine(directory, name + ".png"), new ScreenshotOptions { FullPage = true });
    }
}
