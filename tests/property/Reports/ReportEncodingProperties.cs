using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CsvHelper;
using Defragger.Compare;
using Defragger.Reports;
using Defragger.Tests.Compare;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Reports;

/// <summary>A case can be called anything that a file can, and a comparer can say anything: every report stays what it is.</summary>
public partial class ReportEncodingProperties
{
    private static readonly string[] s_evil =
    [
        "</script><script>alert(1)</script>", "<!--", "]]>", "a|b", "`code`", "[x](javascript:1)", "=1+1", "+1", "-1", "@you", "\t=1", "\r=1",
        "a\nb", "\"quoted\"", "it's", "a,b;c", "\u0001\u001b[31m", "\u202egnp.exe", "\u2028\u2029", "\ud83d\ude00", "\ufffe", "é/ü", " ", "&amp;", "%41", "<b>", "$&", "\0",
    ];

    private static Gen<string> Text { get; } = Gen.OneOf(
        Gen.Elements(s_evil),
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get),
        from a in Gen.Elements(s_evil) from b in Gen.Elements(s_evil) select a + b);

    internal static Gen<JournalLine[]> Lines { get; } =
        from lines in (from line in JournalArbitraries.Line from name in Text from reason in Text select (line, name, reason)).ArrayOf(6)
        select lines.Select((one, i) => one.line with
        {
            Result = one.line.Result with { Case = Plain($"{(one.name.StartsWith('/') || one.name.Length == 0 ? "x" : "")}{one.name}/{i}"), Reason = Plain(one.reason), LogPath = Plain(one.reason) },
        }).ToArray();

    [Property(MaxTest = 150)]
    public Property JUnit_has_each_case_once_as_what_it_is() => ForAll(ReportFormat.JUnit, (lines, text) =>
    {
        XElement suite = XDocument.Parse(text).Root!.Elements("testsuite").Single();
        XElement[] tests = [.. suite.Elements("testcase")];
        Assert.Equal(lines.Select(line => ReportText.Visible(line.Result.Case)), tests.Select(test => $"{test.Attribute("classname")!.Value}/{test.Attribute("name")!.Value}"));
        Assert.Equal(lines.Select(line => Outcome(line.Result.Status)), tests.Select(test => test.Elements().FirstOrDefault(e => e.Name != "system-out")?.Name.LocalName));
        Assert.Equal(lines.Length, (int)suite.Attribute("tests")!);
        Assert.Equal(tests.Count(test => test.Element("failure") != null), (int)suite.Attribute("failures")!);
        Assert.Equal(tests.Count(test => test.Element("error") != null), (int)suite.Attribute("errors")!);
        Assert.Equal(tests.Count(test => test.Element("skipped") != null), (int)suite.Attribute("skipped")!);
    });

    [Property(MaxTest = 150)]
    public Property Sarif_has_a_result_for_each_case_that_is_not_the_same() => ForAll(ReportFormat.Sarif, (lines, text) =>
    {
        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement[] results = [.. document.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray()];
        CaseResult[] expected = [.. lines.Select(line => line.Result).Where(one => one.Status != CaseStatus.Same)];
        Assert.Equal(expected.Select(one => one.Case), results.Select(result => Uri.UnescapeDataString(
            result.GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation").GetProperty("uri").GetString()!)));
        Assert.Equal(expected.Select(one => $"case/{one.Status}"), results.Select(result => result.GetProperty("ruleId").GetString()));
    });

    [Property(MaxTest = 150)]
    public Property Csv_reads_back_and_no_field_is_a_formula() => ForAll(ReportFormat.Csv, (lines, text) =>
    {
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        using CsvReader csv = CsvReader.Create(stream, new CsvReaderOptions { HasHeader = false, Separator = ',', DetectSeparatorHint = false });
        Assert.True(csv.Read());
        int row = 0;
        while (csv.Read())
        {
            string[] fields = [.. Enumerable.Range(0, csv.FieldCount).Select(csv.GetString)];
            Assert.All(fields, field => Assert.False(field.Length > 0 && "=+-@\t\r".Contains(field[0], StringComparison.Ordinal), field));
            CaseResult one = lines[row++].Result;
            Assert.Equal(one.Case, IsFormula(one.Case) ? fields[0][1..] : fields[0]);
            Assert.Equal(one.Status.ToString(), fields[1]);
            Assert.Equal(one.Reason, IsFormula(one.Reason) ? fields[2][1..] : fields[2]);
        }
        Assert.Equal(lines.Length, row);
    });

    [Property(MaxTest = 150)]
    public Property Json_lines_are_the_journal() => ForAll(ReportFormat.Jsonl, (lines, text) =>
    {
        string[] written = text.TrimEnd('\n').Split('\n');
        Assert.Equal(lines, written.Skip(1).Select(line => JournalJson.Parse(System.Text.Encoding.UTF8.GetBytes(line))));
    });

    [Property(MaxTest = 150)]
    public Property Html_has_the_data_as_it_is_and_no_element_of_it() => ForAll(ReportFormat.Html, (lines, text) =>
    {
        string json = Data().Match(text).Groups[1].Value;
        Assert.DoesNotContain('<', json);
        Assert.DoesNotContain('>', json);
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement[] rows = [.. document.RootElement.EnumerateArray()];
        Assert.Equal(lines.Select(line => (line.Result.Case, (int)line.Result.Status, line.Result.Reason)),
            rows.Select(row => (row[0].GetString()!, row[1].GetInt32(), row[2].GetString()!)));
        Assert.Equal(3, Scripts().Count(text)); // meta, cases, and the one that runs
    });

    [Property(MaxTest = 150)]
    public Property Markdown_is_a_table_of_as_many_cells_and_names_nobody() => ForAll(ReportFormat.Markdown, (lines, text) =>
    {
        string[] rows = [.. text.Split('\n').Where(line => line.StartsWith('|'))];
        Assert.Equal(lines.Count(line => line.Result.Status != CaseStatus.Same), Math.Max(0, rows.Length - 2));
        Assert.All(rows, row => Assert.Equal(8, row.Count(c => c == '|')));
        Assert.All(rows.Skip(2), row =>
        {
            string cells = Code().Replace(row, "");
            Assert.DoesNotContain('<', cells);
            Assert.DoesNotContain('`', cells);
            Assert.DoesNotMatch("@[^&]", cells);
            Assert.DoesNotContain('<', Code().Match(row).Groups[1].Value);
        });
    });

    [Property(MaxTest = 1000)]
    public Property Visible_text_has_no_control_and_no_half_of_a_character() => Prop.ForAll(Text.ToArbitrary(), text =>
    {
        string shown = ReportText.Visible(text);
        Assert.DoesNotContain(shown, c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u202e');
        Assert.Equal(shown, Plain(shown));
        Assert.True(ReportText.Cut(shown, 5).Length <= 5);
        Assert.Equal(ReportText.Cut(shown, 5), Plain(ReportText.Cut(shown, 5)));
    });

    private static Property ForAll(ReportFormat format, Action<JournalLine[], string> holds) => Prop.ForAll(Lines.ToArbitrary(), lines =>
    {
        using var run = new WrittenRun(lines);
        holds(lines, run.Report(format));
    });

    private static string? Outcome(CaseStatus status) => status switch
    {
        CaseStatus.Same => null,
        CaseStatus.Changed or CaseStatus.Added or CaseStatus.Removed => "failure",
        CaseStatus.Ignored => "skipped",
        _ => "error",
    };

    private static bool IsFormula(string text) => text.Length > 0 && "=+-@\t\r".Contains(text[0], StringComparison.Ordinal);

    // What can reach a journal: half a surrogate pair cannot.
    private static string Plain(string text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));

    [GeneratedRegex("id=\"cases\">(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Data();

    [GeneratedRegex("<script")]
    private static partial Regex Scripts();

    [GeneratedRegex("<code>(.*?)</code>")]
    private static partial Regex Code();
}
