using System.Text;
using System.Text.Json.Nodes;
using Defragger.Comparers;
using Defragger.Comparers.Rules;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers.Rules;

/// <summary>Tolerances and ignore rules: what they cover is counted, and what they do not cover is a difference.</summary>
public sealed class AllowancesTests
{
    private static readonly DateOnly s_today = new(2026, 11, 26);

    [Theory]
    [InlineData("10%", 100, 110, true)]
    [InlineData("10%", 110, 100, true)]
    [InlineData("10%", 100, 112, false)]
    [InlineData("10%", -100, -90, true)]
    [InlineData("10%", 0, 1e-300, false)]
    [InlineData("1e-9", 1, 1.0000000001, true)]
    [InlineData("1e-9", 1, 1.00000001, false)]
    [InlineData("0", 1, 1, true)]
    public void A_tolerance_is_an_amount_or_a_share_of_the_larger(string text, double left, double right, bool covers) =>
        Assert.Equal(covers, Tolerance.Parse(text).Covers(left, right));

    [Theory]
    [InlineData("ten")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("1e999")]
    [InlineData("NaN")]
    public void What_is_no_tolerance_is_refused_with_its_value(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => Tolerance.Parse(text)).Message, StringComparison.Ordinal);

    [Property(MaxTest = 300)]
    public void Numbers_are_tolerated_just_where_a_pattern_asks_for_it(NormalFloat left, NormalFloat right, NonNegativeInt bound)
    {
        Tolerance tolerance = new(bound.Get, IsRelative: false);
        string Text(double number) => new JsonObject
        {
            ["time"] = number, ["deep"] = new JsonArray(new JsonObject { ["run.time"] = number }), ["count"] = number,
        }.ToJsonString();
        ComparisonResult result = Json(Text(left.Get), Text(right.Get), [("*time", tolerance)]);
        bool differs = left.Get != right.Get;
        bool tolerated = differs && tolerance.Covers(left.Get, right.Get);
        Assert.Equal(tolerated ? 2 : 0, result.Tolerated);
        Assert.Equal(new ComparisonCounts(0, 0, differs ? tolerated ? 1 : 3 : 0, differs ? 0 : 3, Ignored: tolerated ? 2 : 0), result.Counts ?? new(0, 0, 0, 3));
    }

    [Fact]
    public void A_document_with_nothing_but_tolerated_differences_is_ignored_and_says_so()
    {
        ComparisonResult result = Json("{\"a\":{\"time\":1.0},\"b\":\"x\"}", "{\"a\":{\"time\":1.05},\"b\":\"x\"}", [("*.time", Tolerance.Parse("10%"))]);
        Assert.True(result.Same);
        Assert.Equal("1 ignored of 2 values (1 within tolerance)", result.Reason);
        Assert.Contains("\"status\":\"ignored\"", result.ToJson(), StringComparison.Ordinal);
        Assert.Contains("\"ignored\":1,", result.ToJson(), StringComparison.Ordinal);
        Assert.False(Json("{\"time\":\"1\"}", "{\"time\":\"2\"}", [("time", Tolerance.Parse("1e9"))]).Same);
    }

    [Theory]
    [InlineData("updated", "b", 0, 0, 0)]
    [InlineData("new", "*", 0, 1, 1)]
    [InlineData("absent", "gone/*", 1, 0, 1)]
    [InlineData("any", "*", 0, 0, 0)]
    public void A_rule_covers_values_by_kind_and_path(string when, string path, int fresh, int absent, int updated)
    {
        ComparisonResult result = Json(
            "{\"b\":1,\"gone\":[1],\"same\":0}", "{\"b\":2,\"fresh\":[1],\"same\":0}", [],
            $$"""[{"when":"{{when}}","path":"{{path}}","reason":"r"}]""");
        ComparisonCounts counts = result.Counts!.Value;
        if (when == "updated")
            Assert.Equal(new ComparisonCounts(1, 1, 0, 1, Ignored: 1), counts);
        else
            Assert.Equal(new ComparisonCounts(fresh, absent, updated, 1, Ignored: 3 - fresh - absent - updated), counts);
        Assert.Equal([(0, counts.Ignored)], result.IgnoredBy!);
    }

    [Theory]
    [InlineData("""{"when":"moved"}""", 1, 1, 0)]
    [InlineData("""{"when":["moved","new"]}""", 0, 1, 0)]
    [InlineData("""{"path":"lib/*"}""", 1, 0, 1)]
    [InlineData("""{"rule":"R*"}""", 1, 0, 0)]
    [InlineData("""{"rule":"R*","path":"src/*"}""", 1, 1, 0)]
    [InlineData("""{"case":"other*"}""", 1, 1, 1)]
    [InlineData("""{"expires":"2026-11-25"}""", 1, 1, 1)]
    [InlineData("""{"expires":"2026-11-26"}""", 0, 0, 0)]
    public void A_rule_covers_findings_by_kind_file_and_rule(string rule, int fresh, int absent, int moved)
    {
        string Finding(string id, string file, int line, string message) =>
            "{\"ruleId\":\"" + id + "\",\"message\":{\"text\":\"" + message + "\"},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":"
            + "{\"uri\":\"" + file + "\"},\"region\":{\"startLine\":" + line + "}}}]}";
        string Log(params string[] findings) =>
            "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"t\"}},\"results\":[" + string.Join(",", findings) + "]}]}";
        string baseline = Log(Finding("R1", "src/a.c", 1, "m"), Finding("R2", "lib/b.c", 1, "n"));
        string candidate = Log(Finding("R1", "./src/a.c", 7, "m"), Finding("S1", "src/c.c", 9, "o"));
        string reasoned = rule.Insert(rule.Length - 1, ",\"reason\":\"r\"");
        ComparisonResult result = Compare(baseline, candidate, ComparisonFormat.Sarif, [], $"[{reasoned}]");
        Assert.Equal(new ComparisonCounts(fresh, absent, 0, 0, moved, 3 - fresh - absent - moved), result.Counts);
        Assert.Equal(fresh + absent + moved == 0, result.Same);
    }

    [Fact]
    public void Lines_records_and_bytes_are_covered_by_rules_without_path_and_rule_alone()
    {
        const string Any = """[{"path":"*","reason":"r"},{"when":["updated","new"],"reason":"r"}]""";
        ComparisonResult text = Compare("a\nb\n", "a\nc\n", ComparisonFormat.Text, [], Any);
        Assert.True(text.Same);
        Assert.Equal(new ComparisonCounts(0, 0, 0, 1, Ignored: 1), text.Counts);
        Assert.Equal([(1, 1L)], text.IgnoredBy!);
        Assert.False(Compare("a\nb\n", "a\n", ComparisonFormat.Text, [], Any).Same);
        Assert.True(Compare("a\0b", "a\0c", ComparisonFormat.Binary, [], Any).Same);
        Assert.False(Compare("a\0b", "a\0c", ComparisonFormat.Binary, [], """[{"when":"new","reason":"r"}]""").Same);
    }

    [Theory]
    [InlineData("{}", "ignore rules are an array")]
    [InlineData("[7]", "rule 1: is no object")]
    [InlineData("[{\"reason\":\"r\"},{\"when\":\"new\"}]", "rule 2: needs a 'reason'")]
    [InlineData("[{\"reason\":\"r\",\"paht\":\"x\"}]", "rule 1: there is no member 'paht'")]
    [InlineData("[{\"reason\":\"r\",\"when\":\"newer\"}]", "not \"newer\"")]
    [InlineData("[{\"reason\":\"r\",\"when\":[]}]", "'when' names nothing")]
    [InlineData("[{\"reason\":\"r\",\"expires\":\"tomorrow\"}]", "'tomorrow' is no day")]
    [InlineData("[{\"reason\":\"r\",\"path\":3}]", "'path' must be a text")]
    [InlineData("[{\"reason\":\"r\"", "is not valid JSON")]
    public void What_is_no_list_of_rules_is_refused(string text, string why)
    {
        string error = Assert.Throws<FormatException>(() => IgnoreRuleFile.Parse("rules.json", Encoding.UTF8.GetBytes(text))).Message;
        Assert.StartsWith("rules.json", error, StringComparison.Ordinal);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    private static ComparisonResult Json(string left, string right, (string, Tolerance)[] tolerances, string rules = "[]") =>
        Compare(left, right, ComparisonFormat.Json, tolerances, rules);

    private static ComparisonResult Compare(
        string left, string right, ComparisonFormat format, (string, Tolerance)[] tolerances, string rules)
    {
        using CaseFiles files = new(left, right);
        Allowances allowances = new(tolerances, IgnoreRuleFile.Parse("rules", Encoding.UTF8.GetBytes(rules)), "case.sarif", s_today);
        return FileComparer.Compare(files.BaselinePath, files.CandidatePath, format, null, allowances);
    }
}
