using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Schema;
using Defragger.Compare;
using Defragger.Comparers.Rules;
using Defragger.Reports;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Json.Schema;
using Xunit;

namespace Defragger.Tests.Reports;

/// <summary>Reports against the schemas of their formats, for every status and any name.</summary>
public class ReportSchemaTests
{
    private static readonly JsonSchema s_sarif = JsonSchema.FromFile(Path.Combine(AppContext.BaseDirectory, "Reports", "sarif-2.1.0.json"));
    private static readonly XmlSchemaSet s_junit = JUnit();

    [Fact]
    public void Sarif_of_every_status_is_valid()
    {
        using var run = new WrittenRun(EveryStatus(), Record());
        Assert.Empty(SarifFaults(run.Report(ReportFormat.Sarif)));
    }

    [Property(MaxTest = 30)]
    public Property Sarif_of_any_cases_is_valid() => Prop.ForAll(ReportEncodingProperties.Lines.ToArbitrary(), lines =>
    {
        using var run = new WrittenRun(lines);
        Assert.Empty(SarifFaults(run.Report(ReportFormat.Sarif)));
    });

    [Fact]
    public void The_schema_finds_what_is_wrong() =>
        Assert.NotEmpty(SarifFaults("""{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"baselineState":"changed","message":{"text":"x"}}]}]}"""));

    [Fact]
    public void JUnit_of_every_status_is_valid()
    {
        using var run = new WrittenRun(EveryStatus(), Record());
        Assert.Empty(JUnitFaults(run.Report(ReportFormat.JUnit)));
    }

    [Property(MaxTest = 50)]
    public Property JUnit_of_any_cases_is_valid() => Prop.ForAll(ReportEncodingProperties.Lines.ToArbitrary(), lines =>
    {
        using var run = new WrittenRun(lines);
        Assert.Empty(JUnitFaults(run.Report(ReportFormat.JUnit)));
    });

    [Fact]
    public void An_ignored_case_is_skipped_and_suppressed_with_the_reason_of_its_rule()
    {
        JournalLine line = WrittenRun.Line("a", CaseStatus.Ignored);
        using var run = new WrittenRun([line with { Result = line.Result with { Ignored = 3, IgnoredBy = [new(0, 3)] } }], Record());
        Assert.Contains("not ours (#12): 3", run.Report(ReportFormat.JUnit), StringComparison.Ordinal);
        JsonNode result = JsonNode.Parse(run.Report(ReportFormat.Sarif))!["runs"]![0]!["results"]![0]!;
        Assert.Equal("not ours (#12)", (string?)result["suppressions"]![0]!["justification"]);
    }

    private static IEnumerable<JournalLine> EveryStatus() =>
        Enum.GetValues<CaseStatus>().Select(status => WrittenRun.Line($"dir/{status} case.txt", status, $"because of {status}"));

    private static RunRecord Record() => new()
    {
        IgnoreRules = [new IgnoreRule { Reason = "not ours", Bug = "#12" }],
    };

    private static List<string> SarifFaults(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        EvaluationResults results = s_sarif.Evaluate(document.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        return results.IsValid ? [] : [.. results.Details.Where(one => one.HasErrors).Select(one => $"{one.InstanceLocation}: {string.Join(", ", one.Errors!.Values)}")];
    }

    private static List<string> JUnitFaults(string text)
    {
        var faults = new List<string>();
        var settings = new XmlReaderSettings { ValidationType = ValidationType.Schema, Schemas = s_junit };
        settings.ValidationEventHandler += (_, e) => faults.Add(e.Message);
        using XmlReader reader = XmlReader.Create(new StringReader(text), settings);
        while (reader.Read())
        {
        }
        return faults;
    }

    private static XmlSchemaSet JUnit()
    {
        var set = new XmlSchemaSet();
        set.Add(null, Path.Combine(AppContext.BaseDirectory, "Reports", "junit.xsd"));
        return set;
    }
}
