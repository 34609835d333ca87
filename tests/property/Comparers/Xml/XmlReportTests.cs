using System.Globalization;
using System.Security;
using System.Text;
using Defragger.Comparers;
using Defragger.Comparers.Differences;
using Defragger.Comparers.Rules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers.Xml;

/// <summary>Findings in XML: the same answers as for the same findings in SARIF, from four kinds of reports.</summary>
[Properties(MaxTest = 150)]
public sealed class XmlReportTests
{
    private static readonly string[] s_tools = ["cppcheck", "checkstyle", "pmd"];

    [Property]
    public Property Findings_come_out_as_the_same_findings_do_in_sarif(byte[] left, byte[] right, NonNegativeInt tool)
    {
        Entry[] baseline = Entries(left);
        Entry[] candidate = Entries(right);
        ComparisonResult sarif = Compare(Sarif(baseline), Sarif(candidate), ComparisonFormat.Sarif);
        ComparisonResult xml = Compare(Write(baseline, tool.Get), Write(candidate, tool.Get), ComparisonFormat.Xml);
        // Several letters stand for one finding; files that are equal byte for byte are not counted.
        bool equal = baseline.SequenceEqual(candidate);
        Assert.Equal((equal, equal), (sarif.Counts == null, xml.Counts == null));
        ComparisonCounts expected = sarif.Counts ?? new ComparisonCounts(0, 0, 0, left.Length);
        ComparisonCounts counts = xml.Counts ?? expected;
        Assert.Equal((expected.HasDifference, expected.Unchanged), (counts.HasDifference, counts.Unchanged));
        Assert.Equal(left.Length, counts.Unchanged + counts.Updated + counts.Moved + counts.Absent);
        Assert.Equal(right.Length, counts.Unchanged + counts.Updated + counts.Moved + counts.New);
        // Among findings that are alike the order of their hashes decides, and the two forms have other hashes.
        if (baseline.Concat(candidate).Distinct().GroupBy(entry => (entry.Rule, entry.File)).All(alike => alike.Count() == 1))
            Assert.Equal(expected, counts);
        Assert.Equal(xml.Counts?.HasDifference == true, xml.Differences is not null);
        return true.ToProperty().Classify(expected.Moved > 0, "with moved").Classify(expected.Updated > 0, "with updated");
    }

    [Property]
    public void The_order_of_findings_changes_nothing_and_swapping_the_sides_swaps_new_and_absent(byte[] left, byte[] right, int seed, NonNegativeInt tool)
    {
        Entry[] shuffled = Entries(left);
        new Random(seed).Shuffle(shuffled);
        string baseline = Write(Entries(left), tool.Get);
        string candidate = Write(Entries(right), tool.Get);
        Assert.True(Compare(baseline, Write(shuffled, tool.Get), ComparisonFormat.Xml).Same);
        Assert.Equal(Compare(baseline, candidate, ComparisonFormat.Xml).Counts?.Swap(), Compare(candidate, baseline, ComparisonFormat.Xml).Counts);
    }

    /// <summary>What cppcheck 2.10 wrote of one file before and after two lines were put in and an index was changed.</summary>
    [Fact]
    public void A_report_of_cppcheck_is_told_by_rule_file_line_and_message()
    {
        ComparisonResult result = Compare(Cppcheck(4, 5), Cppcheck(6, 7), ComparisonFormat.Xml);
        Assert.Equal(new ComparisonCounts(0, 0, 1, 0, Moved: 1), result.Counts);
        Assert.Equal(
            [
                new Difference
                {
                    Kind = DifferenceKind.Updated, Place = "a.c:6", From = "a.c:4", Rule = "arrayIndexOutOfBounds", File = "a.c", Line = 6,
                    Before = "Array 'q[3]' accessed at index 5, which is out of bounds.",
                    After = "Array 'q[3]' accessed at index 7, which is out of bounds.",
                },
                new Difference
                {
                    Kind = DifferenceKind.Moved, Place = "a.c:4", From = "a.c:2", Rule = "nullPointerRedundantCheck", File = "a.c", Line = 4,
                    Before = "possible null pointer", After = "possible null pointer",
                },
            ],
            result.Differences!);
    }

    [Fact]
    public void A_test_that_fails_now_is_updated_and_how_long_it_took_does_not_count()
    {
        static string Junit(string time, string inside) => $"""
            <?xml version="1.0"?>
            <testsuites><testsuite name="s" time="{time}">
            <testcase classname="a.B" name="adds" time="{time}"/>
            <testcase classname="a.B" name="divides" time="{time}">{inside}<system-out>{new string('x', 100_000)}{time}</system-out></testcase>
            </testsuite></testsuites>
            """;
        Assert.True(Compare(Junit("1", ""), Junit("2", ""), ComparisonFormat.Xml).Same);
        string failure = "<failure message=\"by zero\" type=\"E\">at line 7</failure>";
        Difference one = Assert.Single(Compare(Junit("1", ""), Junit("2", failure), ComparisonFormat.Xml).Differences!);
        Assert.Equal((DifferenceKind.Updated, "a.B.divides", "passed: ", "failure: by zero"), (one.Kind, one.Rule, one.Before, one.After));
        string elsewhere = failure.Replace("line 7", "line 8", StringComparison.Ordinal);
        Assert.Equal(1, Compare(Junit("1", failure), Junit("1", elsewhere), ComparisonFormat.Xml).Counts!.Value.Updated);
    }

    [Fact]
    public void Rules_and_a_second_baseline_hold_for_xml_too()
    {
        Entry[] baseline = [new(1, 1, 1, 0), new(2, 2, 2, 0)];
        Entry[] candidate = [new(1, 1, 1, 1), new(2, 2, 2, 0), new(0, 0, 0, 0)];
        Allowances allowances = new([], IgnoreRuleFile.Parse("r", """[{"rule":"rule 1","path":"src/*","reason":"known"}]"""u8.ToArray()), "c", default);
        using CaseFiles files = new(Write(baseline, 0), Write(candidate, 0), ".xml");
        ComparisonResult ignored = FileComparer.Compare(files.BaselinePath, files.CandidatePath, ComparisonFormat.Auto, null, allowances);
        Assert.Equal(new ComparisonCounts(1, 0, 0, 1, Ignored: 1), ignored.Counts);
        ComparisonResult noise = FileComparer.Compare(
            files.BaselinePath, files.CandidatePath, ComparisonFormat.Auto, baselines: [files.CandidatePath]);
        Assert.Equal((true, 2L), (noise.Same, noise.Counts!.Value.Noise));
    }

    [Theory]
    [InlineData("<html><body>a</body></html>", "<html><body>b</body></html>", "text")]
    [InlineData("<results version=\"2\"><errors/></results>", "<results version=\"2\"> <errors/></results>", "xml")]
    [InlineData("<checkstyle/>", "<nothing/>", "text")]
    [InlineData("<checkstyle>", "\uFEFF<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<checkstyle >", "xml")]
    [InlineData("<br>", "a < b", "text")]
    public void What_an_xml_file_is_goes_by_its_element(string baseline, string candidate, string format)
    {
        using CaseFiles files = new(baseline, candidate, ".xml");
        string found;
        try
        {
            found = FormatCatalog.NameOf(FileComparer.Compare(files.BaselinePath, files.CandidatePath, ComparisonFormat.Auto).Format);
        }
        catch (ComparisonException e)
        {
            found = e.Message.Contains("not valid XML", StringComparison.Ordinal) ? "xml" : e.Message;
        }

        Assert.Equal(format, found);
    }

    [Theory]
    [InlineData("<results><error id=\"a\"", "not valid XML: ")]
    [InlineData("<!DOCTYPE results [<!ENTITY a \"b\">]><results>&a;</results>", "DTD is prohibited")]
    [InlineData("<!DOCTYPE results SYSTEM \"file:///etc/passwd\"><results/>", "DTD is prohibited")]
    [InlineData("<results>&undeclared;</results>", "not valid XML: ")]
    [InlineData("<other/>", "its element 'other' is of no report that is known (results (cppcheck), checkstyle, pmd, testsuites (junit), testsuite (junit)); compare it as text")]
    [InlineData("", "not valid XML: Root element is missing")]
    public void What_is_no_report_is_refused_by_name(string candidate, string problem)
    {
        using CaseFiles files = new("<results/>", candidate, ".xml");
        string message = Assert.Throws<ComparisonException>(
            () => FileComparer.Compare(files.BaselinePath, files.CandidatePath, ComparisonFormat.Xml)).Message;
        Assert.StartsWith(files.CandidatePath, message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_and_tags_are_bounded()
    {
        string deep = string.Concat(Enumerable.Repeat("<a>", 200));
        Assert.Contains("more than 100 levels deep", Refused($"<results>{deep}"), StringComparison.Ordinal);
        string wide = $"<results><error id=\"{new string('x', 9 * 1024 * 1024)}\"/></results>";
        Assert.Contains("a tag of more than 8 MiB", Refused(wide), StringComparison.Ordinal);
        string text = $"<results>{new string('x', 20 * 1024 * 1024)}<error id=\"a\"/></results>";
        Assert.Equal(new ComparisonCounts(1, 0, 0, 0), Compare("<results/>", text, ComparisonFormat.Xml).Counts);

        static string Refused(string candidate) =>
            Assert.Throws<ComparisonException>(() => Compare("<results/>", candidate, ComparisonFormat.Xml)).Message;
    }

    private sealed record Entry(int Rule, int File, int Line, int Message)
    {
        public string Id => $"rule {Rule}";

        public string Path => $"src/{File}.c";

        public string Text => $"<\"{(char)('a' + Message)}\" & \u00e9>";
    }

    private static Entry[] Entries(byte[] letters) =>
        [.. letters.Select(letter => new Entry(letter % 3, letter / 3 % 3, 1 + (letter / 9 % 5), letter / 45 % 3))];

    private static string Sarif(Entry[] entries) =>
        """{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":["""
        + string.Join(',', entries.Select(entry =>
            $$$"""{"ruleId":"{{{entry.Id}}}","message":{"text":{{{System.Text.Json.JsonSerializer.Serialize(entry.Text)}}}},"locations":[{"physicalLocation":"""
            + $$$"""{"artifactLocation":{"uri":"{{{entry.Path}}}"},"region":{"startLine":{{{entry.Line}}} } } }]}"""))
        + "]}]}";

    private static string Write(Entry[] entries, int tool)
    {
        StringBuilder text = new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        string name = s_tools[tool % s_tools.Length];
        text.Append(name == "cppcheck" ? "<results version=\"2\"><errors>" : $"<{name} version=\"1\">");
        foreach (Entry entry in entries)
        {
            (string id, string said) = (SecurityElement.Escape(entry.Id), SecurityElement.Escape(entry.Text));
            text.Append(CultureInfo.InvariantCulture, $"{name switch
            {
                "cppcheck" => $"<error id=\"{id}\" msg=\"{said}\"><location file=\"{entry.Path}\" line=\"{entry.Line}\"/></error>\n",
                "checkstyle" => $"<file name='{entry.Path}'><error line='{entry.Line}' source='{id}' message='{said}'/></file>",
                _ => $"<file name='./{entry.Path}'><violation beginline='{entry.Line}' rule='{id}'>{said}</violation></file>",
            }}");
        }

        return text.Append(name == "cppcheck" ? "</errors></results>" : $"</{name}>").ToString();
    }

    private static string Cppcheck(int line, int index) => $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <results version="2">
            <cppcheck version="2.10"/>
            <errors>
                <error id="arrayIndexOutOfBounds" severity="error" msg="Array &apos;q[3]&apos; accessed at index {index}, which is out of bounds." verbose="Array &apos;q[3]&apos; accessed at index {index}, which is out of bounds." cwe="788" file0="a.c">
                    <location file="a.c" line="{line}" column="38" info="Array index out of bounds"/>
                </error>
                <error id="nullPointerRedundantCheck" severity="warning" msg="possible null pointer" verbose="possible null pointer" cwe="476" file0="a.c">
                    <location file="a.c" line="{line - 2}" column="40" info="Null pointer dereference"/>
                    <location file="a.c" line="{line - 2}" column="21" info="Assuming that condition &apos;p&apos; is not redundant"/>
                    <symbol>p</symbol>
                </error>
            </errors>
        </results>
        """;

    private static ComparisonResult Compare(string baseline, string candidate, ComparisonFormat format)
    {
        using CaseFiles files = new(baseline, candidate);
        return FileComparer.Compare(files.BaselinePath, files.CandidatePath, format);
    }
}
