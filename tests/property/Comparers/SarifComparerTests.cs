using System.Text;
using Defragger.Comparers;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers;

public sealed class SarifComparerTests
{
    [Property(MaxTest = 300)]
    public Property Findings_are_counted_as_two_naive_passes_over_lists_count_them(byte[] left, byte[] right, int style)
    {
        SarifLog baseline = SarifLog.From(left);
        SarifLog candidate = SarifLog.From(right);
        ComparisonCounts expected = Naive(baseline, candidate);
        ComparisonResult result = Compare(baseline.Write(style), candidate.Write(style + 1));
        Assert.Equal(expected, result.Counts);
        Assert.Equal(!expected.HasDifference, result.Same);
        return true.ToProperty()
            .Classify(expected.Updated > 0, "with updated")
            .Classify(expected.Unchanged > 0, "with unchanged")
            .Classify(expected.New + expected.Absent > 0, "with new or absent");
    }

    [Property(MaxTest = 100)]
    public void A_log_is_the_same_however_it_is_written_and_ordered(byte[] letters, int style)
    {
        byte[] shuffled = [.. letters];
        new Random(style).Shuffle(shuffled);
        ComparisonResult result = Compare(SarifLog.From(letters).Write(style), SarifLog.From(shuffled).Write(style / 2));
        Assert.True(result.Same, result.Reason);
    }

    [Property(MaxTest = 100)]
    public void Swapping_the_sides_swaps_new_and_absent(byte[] left, byte[] right, int style)
    {
        string baseline = SarifLog.From(left).Write(style);
        string candidate = SarifLog.From(right).Write(style);
        Assert.Equal(Compare(baseline, candidate).Counts!.Value.Swap(), Compare(candidate, baseline).Counts);
    }

    [Property(MaxTest = 60)]
    public void Tokens_may_be_cut_at_every_byte(byte[] left, byte[] right, int style)
    {
        string baseline = SarifLog.From(left).Write(style);
        string candidate = SarifLog.From(right).Write(style);
        Assert.Equal(Compare(baseline, candidate), Compare(baseline, candidate, bufferSize: 1));
        Assert.Equal(Compare(baseline, candidate), Compare(baseline, candidate, bufferSize: 37));
    }

    [Property(MaxTest = 100)]
    public void A_bound_on_the_waiting_findings_never_makes_different_logs_the_same(byte[] left, byte[] right)
    {
        string baseline = SarifLog.From(left).Write(1);
        string candidate = SarifLog.From(right).Write(2);
        ComparisonResult bounded = Compare(baseline, candidate, joinLimit: 1);
        Assert.Equal(Compare(baseline, candidate).Same, bounded.Same);
    }

    [Property(MaxTest = 100)]
    public void A_log_cut_short_is_an_error_and_never_the_same(byte[] letters, PositiveInt cut)
    {
        byte[] whole = Encoding.UTF8.GetBytes(SarifLog.From(letters).Write(cut.Get));
        byte[] part = whole[..(cut.Get % whole.Length)];
        Assert.Throws<ComparisonException>(() => CaseFiles.Compare(whole, part, ComparisonFormat.Sarif));
    }

    [Fact]
    public void A_fingerprint_that_identifies_goes_before_one_that_only_contributes()
    {
        // Several values, since the order of their hashes must not decide: both leftovers of the candidate could be paired
        // with the first of the baseline, and the second only with the one that contributes.
        for (int value = 0; value < 20; value++)
        {
            string id = $"\"fingerprints\":{{\"id\":\"{value}\"}}";
            string part = $"\"partialFingerprints\":{{\"p\":\"{value}\"}}";
            string baseline = Log(Result(1, $"{id},{part}"), Result(2, part));
            string candidate = Log(Result(3, part), Result(4, id));
            Assert.Equal(new ComparisonCounts(0, 0, 2, 0), Compare(baseline, candidate).Counts);
        }
    }

    [Theory]
    [InlineData("\"level\":\"warning\",", "\"level\":\"error\",")]
    [InlineData("", "\"level\":\"error\",")]
    [InlineData("\"kind\":\"pass\",", "\"kind\":\"fail\",")]
    [InlineData("\"level\":\"note\",\"kind\":\"fail\",", "\"kind\":\"fail\",")]
    public void A_finding_at_another_level_or_of_another_kind_is_updated(string left, string right)
    {
        ComparisonResult result = Compare(Log(left), Log(right));
        Assert.False(result.Same);
        Assert.Equal(new ComparisonCounts(0, 0, 1, 1), result.Counts);
        Assert.True(Compare(Log(right), Log(right + " ")).Same);

        static string Log(string standing) =>
            "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"t\"}},\"results\":["
            + "{" + standing + "\"ruleId\":\"R\",\"message\":{\"text\":\"m\"}},{\"ruleId\":\"S\",\"message\":{\"text\":\"m\"}}]}]}";
    }

    [Fact]
    public void A_fingerprint_of_another_rule_or_name_is_another_one()
    {
        string baseline = Log(Result(1, "\"fingerprints\":{\"id\":\"x\"}"));
        Assert.Equal(1, Compare(baseline, Log(Result(2, "\"fingerprints\":{\"id\":\"x\"}"))).Counts!.Value.Updated);
        Assert.Equal(0, Compare(baseline, Log(Result(2, "\"fingerprints\":{\"di\":\"x\"}"))).Counts!.Value.Updated);
        Assert.Equal(0, Compare(baseline, Log(Result(2, "\"partialFingerprints\":{\"id\":\"x\"}"))).Counts!.Value.Updated);
        string other = Log(Result(2, "\"fingerprints\":{\"id\":\"x\"}").Replace("\"R\"", "\"S\"", StringComparison.Ordinal));
        Assert.Equal(0, Compare(baseline, other).Counts!.Value.Updated);
    }

    [Fact]
    public void Absent_results_are_no_findings_and_suppressed_ones_are()
    {
        string plain = Log(Result(1, "\"kind\":\"fail\""));
        Assert.True(Compare(plain, Log(Result(1, "\"kind\":\"fail\""), Result(2, "\"baselineState\":\"absent\""))).Same);
        Assert.False(Compare(plain, Log(Result(1, "\"kind\":\"fail\""), Result(2, "\"suppressions\":[{\"kind\":\"inSource\"}]"))).Same);
    }

    [Fact]
    public void Runs_of_one_tool_are_one_space_of_findings_and_another_tool_is_another()
    {
        string one = Log(Result(1, "\"a\":1"), Result(2, "\"a\":1"));
        string run = "{{\"results\":[{0}],\"tool\":{{\"driver\":{{\"name\":\"{1}\"}}}}}}";
        string Split(string tool) => "{\"version\":\"2.1.0\",\"runs\":["
            + string.Format(System.Globalization.CultureInfo.InvariantCulture, run, Result(2, "\"a\":1"), "t") + ","
            + string.Format(System.Globalization.CultureInfo.InvariantCulture, run, Result(1, "\"a\":1"), tool) + "]}";
        Assert.True(Compare(one, Split("t")).Same);
        Assert.Equal(new ComparisonCounts(1, 1, 0, 1), Compare(one, Split("u")).Counts);
    }

    [Fact]
    public void A_message_is_its_id_with_its_arguments()
    {
        string With(string message) => Log(Result(1, "\"a\":1").Replace("{\"text\":\"m\"}", message, StringComparison.Ordinal));
        string first = With("{\"id\":\"default\",\"arguments\":[\"x\",\"y\"]}");
        Assert.True(Compare(first, With("{\"arguments\":[\"x\",\"y\"], \"id\":\"default\"}")).Same);
        Assert.False(Compare(first, With("{\"id\":\"default\",\"arguments\":[\"y\",\"x\"]}")).Same);
        Assert.False(Compare(first, With("{\"id\":\"other\",\"arguments\":[\"x\",\"y\"]}")).Same);
    }

    [Theory]
    [InlineData("10.0", "11.0", false)]
    [InlineData("\"10\"", "\"11\"", false)]
    [InlineData("99999999999999999998", "99999999999999999999", false)]
    [InlineData("10.0", "10", true)]
    public void A_line_is_whatever_stands_there(string left, string right, bool same)
    {
        string With(string line) => Log(Result(7, "\"a\":1").Replace(":7}", $":{line}}}", StringComparison.Ordinal));
        Assert.Equal(same, Compare(With(left), With(right)).Same);
    }

    [Fact]
    public void An_index_is_a_whole_number_or_the_log_is_refused()
    {
        string With(string index) => Log("{\"ruleIndex\":" + index + "}");
        Assert.False(Compare(With("0.0"), With("1.0")).Same);
        Assert.True(Compare(With("1.0"), With("1")).Same);
        Assert.True(Compare(With("-1"), Log("{}")).Same);
        foreach (string index in (string[])["\"1\"", "1.5", "-2", "99999999999999999999"])
        {
            string error = Assert.Throws<ComparisonException>(() => Compare(With("1"), With(index))).Message;
            Assert.Contains("ResultRuleIndex must be a whole number from -1 on", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_rule_by_index_is_another_one_in_another_component()
    {
        string With(string component) => Log($"{{\"rule\":{{\"index\":1,\"toolComponent\":{{{component}}}}}}}");
        Assert.False(Compare(With("\"index\":0"), With("\"index\":1")).Same);
        Assert.False(Compare(With("\"name\":\"x\""), With("\"guid\":\"x\"")).Same);
        Assert.True(Compare(With("\"index\":0,\"name\":\"x\""), With("\"name\":\"x\",\"index\":0")).Same);
    }

    [Fact]
    public void A_null_is_no_element()
    {
        Assert.Throws<ComparisonException>(() => Compare(Log(), Log("null")));
        string With(string arguments) => Log($"{{\"message\":{{\"id\":\"x\",\"arguments\":[{arguments}]}}}}");
        Assert.False(Compare(With("null"), With("")).Same);
    }

    [Theory]
    [InlineData("{\"runs\":[]}", "it has no \"version\"")]
    [InlineData("{\"version\":\"2.1.0\"}", "it has no \"runs\"")]
    [InlineData("{\"version\":\"2.0.0\",\"runs\":[]}", "its version is another one")]
    [InlineData("{\"version\":\"2.1.0\",\"runs\":{}}", "Runs must be an array")]
    [InlineData("{\"version\":\"2.1.0\",\"runs\":[{\"results\":\"none\"}]}", "Results must be an array")]
    [InlineData("[]", "Document must be an object")]
    [InlineData("7", "Document must be an object")]
    public void What_is_no_sarif_log_is_refused(string text, string why)
    {
        string error = Assert.Throws<ComparisonException>(() => Compare(Log(), text)).Message;
        Assert.Contains("candidate.txt: not a SARIF 2.1.0 log: ", error, StringComparison.Ordinal);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_an_error_in_a_name_and_a_value_of_its_own_elsewhere()
    {
        string error = Assert.Throws<ComparisonException>(() => Compare(Log(), "{\"\\ud800\":1}")).Message;
        Assert.EndsWith("candidate.txt: the text at byte 1 is not Unicode", error, StringComparison.Ordinal);
        string Uri(string uri) => Log(Result(1, "\"a\":1").Replace("\"region\"", $"\"artifactLocation\":{{\"uri\":\"{uri}\"}},\"region\"", StringComparison.Ordinal));
        Assert.False(Compare(Uri("\\ud800"), Uri("\\ud801")).Same);
        Assert.True(Compare(Uri("\\ud800"), Uri("\\ud800") + " ").Same);
    }

    [Theory]
    [InlineData("file:///C:/a%20b.c", "C:/a b.c")]
    [InlineData("FILE:/x", "/x")]
    [InlineData("././x\\y", "x/y")]
    [InlineData("100%", "100%")]
    [InlineData("a%zzb%41", "a%zzbA")]
    [InlineData("https://h/x", "https://h/x")]
    public void Uris_are_written_in_one_way(string uri, string normal) =>
        Assert.Equal(normal, Encoding.UTF8.GetString(SarifUri.Normalize(Encoding.UTF8.GetBytes(uri))));

    private static string Log(params string[] results) =>
        $$$"""{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[{{{string.Join(",", results)}}}]}]}""";

    private static string Result(int line, string extra) =>
        "{\"ruleId\":\"R\",\"message\":{\"text\":\"m\"},\"locations\":[{\"physicalLocation\":{\"region\":{\"startLine\":"
        + line + "}}}]," + extra + "}";

    private static ComparisonResult Compare(
        string baseline,
        string candidate,
        int bufferSize = JsonTokenReader.DefaultBufferSize,
        int joinLimit = SarifComparer.DefaultLimit)
    {
        using CaseFiles files = new(baseline, candidate);
        return SarifComparer.Compare(files.Baseline, files.Candidate, bufferSize, joinLimit);
    }

    /// <summary>The same rules over plain lists: first equal keys, then equal but for the level, then equal
    /// (rule, fingerprint), each in order.</summary>
    private static ComparisonCounts Naive(SarifLog baseline, SarifLog candidate)
    {
        List<SarifLog.Finding> left = [.. baseline.Findings];
        List<SarifLog.Finding> right = [.. candidate.Findings];
        int unchanged = Take(left, right, (a, b) => a.Key == b.Key);
        int updated = Take(left, right, (a, b) => a.Identity == b.Identity);
        updated += Take(left, right, (a, b) => a.Print >= 0 && a.Print == b.Print && a.Rule == b.Rule);
        return new ComparisonCounts(right.Count, left.Count, updated, unchanged);
    }

    private static int Take(
        List<SarifLog.Finding> left,
        List<SarifLog.Finding> right,
        Func<SarifLog.Finding, SarifLog.Finding, bool> equal)
    {
        int pairs = 0;
        for (int i = 0; i < left.Count; i++)
        {
            int j = right.FindIndex(other => equal(left[i], other));
            if (j < 0)
                continue;
            left.RemoveAt(i--);
            right.RemoveAt(j);
            pairs++;
        }

        return pairs;
    }
}
