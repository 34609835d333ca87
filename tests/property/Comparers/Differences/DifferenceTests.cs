using System.Globalization;
using System.Text;
using Defragger.Compare;
using Defragger.Comparers;
using Defragger.Comparers.Differences;
using Defragger.Comparers.Records;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers.Differences;

/// <summary>The differences that a result shows: as many of each kind as were counted, and each is one.</summary>
[Properties(Arbitrary = [typeof(JsonTree)], MaxTest = 200)]
public sealed class DifferenceTests
{
    private static readonly DifferenceKind[] s_kinds = [DifferenceKind.New, DifferenceKind.Absent, DifferenceKind.Updated, DifferenceKind.Moved];

    [Property]
    public Property Lines_that_are_shown_are_what_stands_there(byte[] left, byte[] right)
    {
        string[] baseline = [.. left.Select(letter => $"line {letter % 7}")];
        string[] candidate = [.. right.Select(letter => $"line {letter % 7}")];
        ComparisonResult result = Compare(Text(baseline), Text(candidate), ComparisonFormat.Text);
        foreach (Difference one in Checked(result))
        {
            int at = (int)one.Line!.Value - 1;
            Assert.Equal($"line {at + 1}", one.Place);
            if (one.After is string after)
                Assert.Equal(candidate[at], after);
            string from = one.From ?? one.Place;
            if (one.Before is string before)
                Assert.Equal(baseline[int.Parse(from["line ".Length..], CultureInfo.InvariantCulture) - 1], before);
        }

        return true.ToProperty().Classify(result.Differences is { Count: > 3 }, "some differences");
    }

    [Property]
    public void Values_that_are_shown_are_those_that_differ(JsonTree left, JsonTree right, int style)
    {
        ComparisonResult result = Compare(left.Write(style), right.Write(style + 1), ComparisonFormat.Json, limit: 1000);
        Dictionary<string, string> before = left.Leaves("").ToDictionary(leaf => leaf.Path, leaf => leaf.Value);
        Dictionary<string, string> after = right.Leaves("").ToDictionary(leaf => leaf.Path, leaf => leaf.Value);
        List<Difference> shown = Checked(result);
        Assert.Equal(after.Keys.Except(before.Keys).Count(), shown.Count(one => one.Kind == DifferenceKind.New));
        Assert.Equal(before.Keys.Except(after.Keys).Count(), shown.Count(one => one.Kind == DifferenceKind.Absent));
        Assert.Equal(shown.Count, shown.DistinctBy(one => (one.Place, one.Kind)).Count());
    }

    [Fact]
    public void A_value_is_told_by_its_way_and_as_it_is_written()
    {
        ComparisonResult result = Compare(
            """{"run.time":1.5,"cases":[{"n":"1","gone":[]},{"n":2}],"é":"\u00e9"}""",
            """{"cases":[{"n":1},{"n":2,"x":{}}],"run.time":2,"é":"é"}""",
            ComparisonFormat.Json);
        Assert.Equal(
            [
                new Difference { Kind = DifferenceKind.New, Place = "cases/1/x", After = "{}" },
                new Difference { Kind = DifferenceKind.Absent, Place = "cases/0/gone", Before = "[]" },
                new Difference { Kind = DifferenceKind.Updated, Place = "cases/0/n", Before = "\"1\"", After = "1" },
                new Difference { Kind = DifferenceKind.Updated, Place = "run/time", Before = "1.5", After = "2" },
            ],
            result.Differences!);
    }

    [Property]
    public void Findings_that_are_shown_are_those_that_were_counted(byte[] left, byte[] right, int style)
    {
        ComparisonResult result = Compare(SarifLog.From(left).Write(style), SarifLog.From(right).Write(style + 1), ComparisonFormat.Sarif);
        foreach (Difference one in Checked(result))
        {
            Assert.StartsWith("message ", (one.After ?? one.Before)!.Split(": ")[^1], StringComparison.Ordinal);
            Assert.EndsWith($":{one.Line}", one.Place, StringComparison.Ordinal);
            Assert.StartsWith(one.File!, one.Place, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_finding_is_told_by_rule_file_line_and_message_and_by_where_it_was()
    {
        static string Log(int line, string message, string level) => $$$"""
            {"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[
            {"ruleId":"R1","level":"{{{level}}}","message":{"text":"{{{message}}}"},"locations":[{"physicalLocation":
            {"artifactLocation":{"uri":"file:///src/b%20c.c"},"region":{"startLine":{{{line}}} } } }]}]}]}
            """;
        Difference moved = Assert.Single(Compare(Log(3, "m", "note"), Log(4, "m", "note"), ComparisonFormat.Sarif).Differences!);
        Assert.Equal(
            new Difference
            {
                Kind = DifferenceKind.Moved, Place = "/src/b c.c:4", From = "/src/b c.c:3", Rule = "R1", File = "/src/b c.c", Line = 4,
                Before = "m", After = "m",
            },
            moved);
        Difference updated = Assert.Single(Compare(Log(3, "m", "note"), Log(3, "m", "error"), ComparisonFormat.Sarif).Differences!);
        Assert.Equal((DifferenceKind.Updated, "note: m", "error: m"), (updated.Kind, updated.Before, updated.After));
    }

    [Theory]
    [InlineData((byte)0xE1)]
    [InlineData((byte)0xFF)]
    public void Findings_with_bytes_that_are_no_text_are_shown_without_them(byte odd)
    {
        byte[] Log(char last) =>
        [
            .. Encoding.UTF8.GetBytes("{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"t\"}},\"results\":[{\"ruleId\":\"r\",\"message\":{\"text\":\"a"),
            odd, (byte)last, .. Encoding.UTF8.GetBytes("\\ud800\"}}]}]}"),
        ];
        ComparisonResult result = CaseFiles.Compare(Log('x'), Log('y'), ComparisonFormat.Sarif);
        Assert.False(result.Same);
        Assert.NotNull(ComparerLine.Find(result.ToJson())!.Shown);
    }

    [Property]
    public void Records_that_are_shown_are_those_that_were_counted(byte[] left, byte[] right, bool lines)
    {
        string[] baseline = [.. left.Select(letter => $$"""{"id":{{letter % 9}},"v":{"x":{{letter / 9 % 3}} } }""")];
        string[] candidate = [.. right.Select(letter => $$"""{"id":{{letter % 9}},"v":{"x":{{letter / 9 % 3}} } }""")];
        ComparisonResult result = lines
            ? Compare(Text(baseline), Text(candidate), ComparisonFormat.JsonLines, "id")
            : Compare($"[{string.Join(',', baseline)}]", $"[{string.Join(',', candidate)}]", ComparisonFormat.Json, "id");
        Assert.All(Checked(result), one =>
        {
            Assert.Matches("^id=[0-8]$", one.Place);
            if (one.Kind == DifferenceKind.Updated)
                Assert.Matches("^v/x=[0-2]$", one.Before);
        });
    }

    [Fact]
    public void A_row_is_told_by_its_key_and_by_the_columns_that_differ()
    {
        ComparisonResult result = Compare(
            "id;name;time\n1;\"a\nb\";5\n2;c;6\n", "name;id;time\nc;2;7\nnew;3;1\n\"a\nb\";1;5\n", ComparisonFormat.Csv, "id");
        Assert.Equal(
            [
                new Difference { Kind = DifferenceKind.New, Place = "id=3", Before = null, After = "name=new, id=3, time=1" },
                new Difference { Kind = DifferenceKind.Updated, Place = "id=2", Before = "time=6", After = "time=7" },
            ],
            result.Differences!);
    }

    [Fact]
    public void Rows_in_order_are_shown_whole_with_line_feeds_in_quotes()
    {
        ComparisonResult result = Compare("a,b\n1,\"x\ny\"\n2,z\n", "a,b\n1,\"x\nw\"\n2,z\n", ComparisonFormat.Csv);
        Assert.Equal(
            [new Difference { Kind = DifferenceKind.Updated, Place = "row 2", Line = 2, Before = "1,\"x\ny\"", After = "1,\"x\nw\"" }],
            result.Differences!);
    }

    [Fact]
    public void Bytes_are_shown_where_they_differ_first()
    {
        Difference one = Assert.Single(Compare("ab\0d", "ab\0", ComparisonFormat.Binary).Differences!);
        Assert.Equal(("byte 3", "64", ""), (one.Place, one.Before, one.After));
    }

    [Property]
    public void The_bound_keeps_the_first_of_what_there_is(byte[] left, byte[] right, NonNegativeInt limit)
    {
        string baseline = Text(left.Select(letter => $"{letter % 5}"));
        string candidate = Text(right.Select(letter => $"{letter % 5}"));
        ComparisonResult all = Compare(baseline, candidate, ComparisonFormat.Text, limit: 1000);
        ComparisonResult some = Compare(baseline, candidate, ComparisonFormat.Text, limit: limit.Get % 10);
        Assert.Equal(all.Counts, some.Counts);
        Assert.Equal((all.Differences ?? []).Take(limit.Get % 10), some.Differences ?? []);
    }

    [Property]
    public void What_the_comparer_prints_is_what_the_run_reads(byte[] left, byte[] right, NonNull<string> odd)
    {
        string text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(odd.Get)).Replace('\n', ' ');
        ComparisonResult result = Compare(
            Text(left.Select(letter => $"{text}{letter % 5}")), Text(right.Select(letter => $"{text}{letter % 5}")), ComparisonFormat.Text);
        Assert.Equal(result.Differences, ComparerLine.Find(result.ToJson())!.Shown);
    }

    [Fact]
    public void However_much_there_is_to_show_the_line_is_kept_whole()
    {
        string Lines(char last) => Text(Enumerable.Range(0, 1000).Select(i => $"{i}{new string('\u0001', 300)}{last}"));
        ComparisonResult result = Compare(Lines('a'), Lines('b'), ComparisonFormat.Text, limit: 1000);
        Assert.True(Encoding.UTF8.GetByteCount(result.ToJson()) < 64 * 1024);
        Assert.Equal(1000, result.Counts!.Value.Updated);
        Assert.InRange(ComparerLine.Find(result.ToJson())!.Shown!.Count, 10, 999);
    }

    [Theory]
    [InlineData("""{"differences":7}""", "7, which is no array")]
    [InlineData("""{"differences":[{"kind":"updated"}]}""", """{"kind":"updated"}""")]
    [InlineData("""{"differences":[{"kind":"other","place":"x"}]}""", "write an object with \"place\" and a \"kind\" of new, absent")]
    [InlineData("""{"differences":[{"kind":"3","place":"x"}]}""", "\"3\"")]
    public void Differences_of_another_comparer_are_checked(string line, string problem) =>
        Assert.Contains(problem, Assert.Throws<FormatException>(() => ComparerLine.Find(line)).Message, StringComparison.Ordinal);

    [Property]
    public void An_excerpt_shows_the_difference_and_is_no_longer_than_it_may_be(NonNegativeInt common, NonNegativeInt left, NonNegativeInt right)
    {
        string start = string.Concat(Enumerable.Repeat("\U0001F600", common.Get * 7));
        (string before, string after) = Excerpt.Of($"{start}<{new string('a', left.Get * 9)}", $"{start}>{new string('b', right.Get * 9)}");
        Assert.Contains('<', before);
        Assert.Contains('>', after);
        Assert.All([before, after], text =>
        {
            Assert.InRange(text.Length, 1, Excerpt.Longest + 3);
            Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
        });
    }

    /// <summary>The differences, after a look at what is true of them in every format.</summary>
    private static List<Difference> Checked(ComparisonResult result)
    {
        List<Difference> shown = [.. result.Differences ?? []];
        ComparisonCounts counts = result.Counts ?? default;
        Assert.Equal(
            [counts.New, counts.Absent, counts.Updated, counts.Moved],
            s_kinds.Select(kind => (long)shown.Count(one => one.Kind == kind)));
        Assert.Equal(shown.Count == 0, result.Same);
        Assert.All(shown, one =>
        {
            Assert.Equal(one.Kind == DifferenceKind.New, one.Before is null);
            Assert.Equal(one.Kind == DifferenceKind.Absent, one.After is null);
            Assert.NotEqual(one.Place, one.From);
        });
        Assert.Equal(shown.OrderBy(one => one.Kind), shown);
        return shown;
    }

    private static ComparisonResult Compare(string baseline, string candidate, ComparisonFormat format, string? key = null, int limit = 1000)
    {
        using CaseFiles files = new(baseline, candidate);
        return FileComparer.Compare(
            files.BaselinePath, files.CandidatePath, format, key is null ? null : new RecordKey([key]), shown: limit);
    }

    private static string Text(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));
}
