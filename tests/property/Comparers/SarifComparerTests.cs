using System.Text;
using Defragger.Comparers;
using Defragger.Comparers.Matching;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers;

public sealed class SarifComparerTests
{
    [Property(MaxTest = 500)]
    public Property Each_finding_is_told_of_once_and_what_is_told_is_true(byte[] left, byte[] right, int style)
    {
        SarifLog baseline = SarifLog.From(left);
        SarifLog candidate = SarifLog.From(right);
        List<FindingPair> pairs = [];
        ComparisonResult result = Compare(baseline.Write(style), candidate.Write(style + 1), pairs: pairs.Add);

        Assert.Equal(Enumerable.Range(0, left.Length).Select(i => (long)i), pairs.Select(p => p.Baseline).Where(i => i >= 0).Order());
        Assert.Equal(Enumerable.Range(0, right.Length).Select(i => (long)i), pairs.Select(p => p.Candidate).Where(i => i >= 0).Order());
        Assert.All(pairs, pair => Assert.Equal(Expected(baseline, candidate, pair), pair.Change));
        long Count(FindingChange change) => pairs.Count(pair => pair.Change == change);
        ComparisonCounts counted = new(
            Count(FindingChange.New), Count(FindingChange.Absent), Count(FindingChange.Updated),
            Count(FindingChange.Unchanged), Count(FindingChange.Moved));
        Assert.Equal(counted, result.Counts);
        Assert.Equal(!counted.HasDifference, result.Same);
        return true.ToProperty()
            .Classify(counted.Updated > 0, "with updated")
            .Classify(counted.Moved > 0, "with moved")
            .Classify(counted.Unchanged > 0, "with unchanged")
            .Classify(counted.New + counted.Absent > 0, "with new or absent");
    }

    [Property(MaxTest = 300)]
    public void Nothing_is_left_over_that_a_pass_would_pair(byte[] left, byte[] right, int style)
    {
        SarifLog baseline = SarifLog.From(left);
        SarifLog candidate = SarifLog.From(right);
        List<FindingPair> pairs = [];
        Compare(baseline.Write(style), candidate.Write(style + 1), pairs: pairs.Add);
        List<SarifLog.Finding> absent = [.. pairs.Where(p => p.Candidate < 0).Select(p => baseline.Findings[(int)p.Baseline])];
        List<SarifLog.Finding> fresh = [.. pairs.Where(p => p.Baseline < 0).Select(p => candidate.Findings[(int)p.Candidate])];
        Assert.Empty(absent.Select(f => (f.Rule, f.File, f.Message)).Intersect(fresh.Select(f => (f.Rule, f.File, f.Message))));
        if (TellApart(baseline) && TellApart(candidate))
        {
            Assert.Empty(absent.Where(f => f.Print >= 0).Select(f => (f.Rule, f.Print))
                .Intersect(fresh.Where(f => f.Print >= 0).Select(f => (f.Rule, f.Print))));
        }

        static bool TellApart(SarifLog log)
        {
            List<SarifLog.Finding> printed = [.. log.Findings.Where(f => f.Print >= 0)];
            int places = printed.Select(f => (f.Rule, f.File)).Distinct().Count();
            return printed.Count <= 1
                || (printed.Select(f => f.Print).Distinct().Count() is > 1 and int values
                    && values * 4 >= printed.Count
                    && (printed.Count == places || printed.Select(f => (f.Rule, f.File, f.Print)).Distinct().Count() > places));
        }
    }

    [Property(MaxTest = 200)]
    public void The_order_of_the_findings_changes_no_count(byte[] left, byte[] right, int seed)
    {
        byte[] shuffled = [.. left];
        new Random(seed).Shuffle(shuffled);
        string candidate = SarifLog.From(right).Write(seed);
        Assert.Equal(
            Compare(SarifLog.From(left).Write(seed), candidate).Counts,
            Compare(SarifLog.From(shuffled).Write(seed / 2), candidate).Counts);
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

    [Property(MaxTest = 300)]
    public Property Nothing_changes_when_findings_go_through_the_disk(byte[] left, byte[] right, PositiveInt limit, PositiveInt capacity)
    {
        string baseline = SarifLog.From(left).Write(1);
        string candidate = SarifLog.From(right).Write(2);
        ComparisonResult whole = Compare(baseline, candidate);
        ComparisonResult stored = Compare(baseline, candidate, joinLimit: (limit.Get % 5) + 1, sortCapacity: (capacity.Get % 7) + 1);
        Assert.Equal(whole, stored);
        return true.ToProperty()
            .Classify(whole.Counts!.Value.Unchanged > 0, "with unchanged")
            .Classify(left.Concat(right).Distinct().Count() < left.Length + right.Length, "with equal findings");
    }

    [Property(MaxTest = 300)]
    public Property Matched_in_parts_each_finding_is_told_of_once_whatever_the_order_and_the_sides(byte[] left, byte[] right, PositiveInt limit)
    {
        SarifLog baseline = SarifLog.From(left);
        SarifLog candidate = SarifLog.From(right);
        List<FindingPair> pairs = [];
        ComparisonResult Parts(SarifLog one, SarifLog other, Action<FindingPair>? told = null) => Compare(
            one.Write(1), other.Write(2), joinLimit: 3, matchLimit: (limit.Get % 12) + 2, sortCapacity: 5, pairs: told);
        ComparisonResult parts = Parts(baseline, candidate, pairs.Add);
        Assert.Equal(Enumerable.Range(0, left.Length).Select(i => (long)i), pairs.Select(p => p.Baseline).Where(i => i >= 0).Order());
        Assert.Equal(Enumerable.Range(0, right.Length).Select(i => (long)i), pairs.Select(p => p.Candidate).Where(i => i >= 0).Order());
        Assert.All(pairs, pair => Assert.Equal(Expected(baseline, candidate, pair), pair.Change));
        Assert.Equal(Compare(baseline.Write(1), candidate.Write(2)).Same, parts.Same);
        Assert.Equal(parts.Counts!.Value.Swap(), Parts(candidate, baseline).Counts);
        byte[] shuffled = [.. left];
        new Random(limit.Get).Shuffle(shuffled);
        Assert.Equal(parts.Counts, Parts(SarifLog.From(shuffled), candidate).Counts);
        return true.ToProperty()
            .Classify(parts.Reason.Contains("file by file", StringComparison.Ordinal), "file by file")
            .Classify(parts.Reason.Contains("upper bounds", StringComparison.Ordinal), "bounded");
    }

    [Fact]
    public void File_by_file_without_fingerprints_is_as_whole()
    {
        string[] messages = ["m 1", "m 2", "other", "third"];
        int inParts = 0, updated = 0, single = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            Random random = new(seed);
            List<(string File, char Rule, int Line, string Message)> findings =
            [
                .. Enumerable.Range(0, 200).Select(_ => (
                    $"f{random.Next(50)}.c", (char)('R' + random.Next(2)), random.Next(1, 60), random.GetItems(messages, 1)[0])),
            ];
            string baseline = Write(findings);
            int[] shifts = [.. Enumerable.Range(0, 50).Select(_ => random.Next(1, 5))];
            for (int i = findings.Count - 1; i >= 0; i--)
            {
                (string file, char rule, int line, string message) = findings[i];
                line += shifts[int.Parse(file[1..^2], System.Globalization.CultureInfo.InvariantCulture)];
                findings[i] = random.Next(60) switch
                {
                    0 => (file, rule, line, "new words"),
                    1 => (file, 'T', line, message),
                    2 => ("elsewhere.c", rule, line, message),
                    _ => (file == "f7.c" ? "renamed.c" : file, rule, line, message),
                };
                if (random.Next(60) == 0)
                    findings.RemoveAt(i);
            }

            string candidate = Write(findings);
            List<FindingPair> pairsOfWhole = [], pairsOfParts = [];
            ComparisonResult whole = Compare(baseline, candidate, pairs: pairsOfWhole.Add);
            ComparisonResult parts = Compare(
                baseline, candidate, joinLimit: 3, matchLimit: random.Next(200, 390), sortCapacity: 5, pairs: pairsOfParts.Add);
            if (!parts.Reason.Contains("file by file", StringComparison.Ordinal))
                continue;
            Assert.Equal(whole.Counts, parts.Counts);
            Assert.Equal(pairsOfWhole.ToHashSet(), pairsOfParts.ToHashSet());
            inParts++;
            updated += whole.Counts!.Value.Updated > 0 ? 1 : 0;
            single += whole.Counts.Value.Absent > 0 ? 1 : 0;
        }

        Assert.InRange(inParts, 40, 300);
        Assert.InRange(updated, 40, 300);
        Assert.InRange(single, 20, 300);

        static string Write(IEnumerable<(string File, char Rule, int Line, string Message)> findings) => Log([.. findings.Select(f =>
            $"{{\"ruleId\":\"{f.Rule}\",\"message\":{{\"text\":\"{f.Message}\"}},\"locations\":[{{\"physicalLocation\":{{"
            + $"\"artifactLocation\":{{\"uri\":\"{f.File}\"}},\"region\":{{\"startLine\":{f.Line}}}}}}}]}}")]);
    }

    [Fact]
    public void File_by_file_a_message_in_the_file_goes_before_a_fingerprint_in_another()
    {
        // The one difference from a whole match that docs/large-files.md tells.
        static string Of(string file, int line, string print, string message = "m") =>
            Result(line, $"\"partialFingerprints\":{{\"p\":\"{print}\"}}", message).Replace(
                "\"region\"", $"\"artifactLocation\":{{\"uri\":\"{file}\"}},\"region\"", StringComparison.Ordinal);
        string baseline = Log(Of("a.c", 1, "x"), Of("c.c", 1, "z"), Of("d.c", 1, "d", "only here"), Of("e.c", 1, "e", "nor there"));
        string candidate = Log(Of("a.c", 9, "y"), Of("b.c", 1, "x"), Of("c.c", 1, "z"));
        List<FindingPair> whole = [], parts = [];
        Compare(baseline, candidate, pairs: whole.Add);
        Compare(baseline, candidate, joinLimit: 1, matchLimit: 4, pairs: parts.Add);
        Assert.Contains(new FindingPair(0, 1, FindingChange.Moved), whole);
        Assert.Contains(new FindingPair(0, 0, FindingChange.Moved), parts);
        Assert.Contains(new FindingPair(-1, 1, FindingChange.New), parts);
    }

    [Fact]
    public void Logs_of_which_every_finding_moved_are_matched_file_by_file_when_more_are_left_over_than_may()
    {
        static string Log(int move, bool last) => $$$"""
            {"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[{{{string.Join(',', Enumerable.Range(0, last ? 2000 : 1999).Select(i => $$$"""
            {"ruleId":"r","message":{"text":"m {{{(char)('a' + (i % 26))}}}{{{(char)('a' + (i / 26 % 26))}}}{{{(char)('a' + (i / 676))}}}"},"locations":[{"physicalLocation":
            {"artifactLocation":{"uri":"{{{i % 100}}}.c"},"region":{"startLine":{{{i + move}}} } } }]}
            """))}}}]}]}
            """;
        List<FindingPair> pairs = [];
        ComparisonResult parts = Compare(
            Log(1, false), Log(5000, true), bufferSize: 1024, joinLimit: 100, matchLimit: 100, sortCapacity: 64, pairs: pairs.Add);
        Assert.Equal(new ComparisonCounts(1, 0, 0, 0, Moved: 1999), parts.Counts);
        Assert.EndsWith("(matched file by file: more than 100 were left over)", parts.Reason, StringComparison.Ordinal);
        Assert.All(pairs.Where(pair => pair.Change == FindingChange.Moved), pair => Assert.Equal(pair.Baseline, pair.Candidate));
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => (long)i), pairs.Select(pair => pair.Candidate).Order());
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
        // Several values, since the order of their hashes must not decide: both findings of the candidate could be paired
        // with the first of the baseline, and the second only with the one that contributes.
        for (int value = 0; value < 20; value++)
        {
            string id = $"\"fingerprints\":{{\"id\":\"{value}\"}}";
            string part = $"\"partialFingerprints\":{{\"p\":\"{value}\"}}";
            string other = Result(9, $"\"partialFingerprints\":{{\"p\":\"other\"}}");
            string baseline = Log(other, Result(1, $"{id},{part}", "m1"), Result(2, part, "m2"));
            string candidate = Log(other, Result(3, part, "m3"), Result(4, id, "m4"));
            List<FindingPair> pairs = [];
            Assert.Equal(new ComparisonCounts(0, 0, 2, 1), Compare(baseline, candidate, pairs: pairs.Add).Counts);
            Assert.Contains(new FindingPair(1, 2, FindingChange.Updated), pairs);
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
        // So far apart and so different that nothing but the fingerprint says it is one finding.
        string baseline = Log(Result(1, "\"fingerprints\":{\"id\":\"x\"}", "m1"));
        long Updated(string extra, string rule = "R") =>
            Compare(baseline, Log(Result(200, extra, "m2").Replace("\"R\"", $"\"{rule}\"", StringComparison.Ordinal))).Counts!.Value.Updated;
        Assert.Equal(1, Updated("\"fingerprints\":{\"id\":\"x\"}"));
        Assert.Equal(0, Updated("\"fingerprints\":{\"di\":\"x\"}"));
        Assert.Equal(0, Updated("\"partialFingerprints\":{\"id\":\"x\"}"));
        Assert.Equal(0, Updated("\"fingerprints\":{\"id\":\"x\"}", "S"));
    }

    [Fact]
    public void A_fingerprint_that_all_findings_share_has_no_vote()
    {
        string Print(string value) => $"\"partialFingerprints\":{{\"p\":\"{value}\"}}";
        string baseline = Log(Result(1, Print("x"), "m1"), Result(100, Print("x"), "m2"));
        string candidate = Log(Result(300, Print("x"), "m3"), Result(400, Print("x"), "m4"));
        Assert.Equal(new ComparisonCounts(2, 2, 0, 0), Compare(baseline, candidate).Counts);
        string apart = candidate.Replace("}\"p\"", "}\"q\"", StringComparison.Ordinal);
        Assert.Equal(new ComparisonCounts(2, 2, 0, 0), Compare(baseline, apart).Counts);
        Assert.Equal(
            new ComparisonCounts(0, 0, 2, 0),
            Compare(
                Log(Result(1, Print("x"), "m1"), Result(100, Print("y"), "m2")),
                Log(Result(300, Print("y"), "m3"), Result(400, Print("x"), "m4"))).Counts);
    }

    [Fact]
    public void Snippets_and_code_flows_are_compared()
    {
        string With(string snippet, params string[] steps)
        {
            IEnumerable<string> locations = steps.Select(step =>
                $"{{\"location\":{{\"message\":{{\"text\":\"{step}\"}}}}}}");
            string flow = $"\"codeFlows\":[{{\"threadFlows\":[{{\"locations\":[{string.Join(",", locations)}]}}]}}]";
            return Log(Result(1, flow).Replace("\"startLine\":1", $"\"startLine\":1,\"snippet\":{{\"text\":\"{snippet}\"}}", StringComparison.Ordinal));
        }

        ComparisonCounts updated = new(0, 0, 1, 0);
        Assert.True(Compare(With("a", "s", "t"), With("a", "s", "t") + " ").Same);
        Assert.Equal(updated, Compare(With("a", "s", "t"), With("b", "s", "t")).Counts);
        Assert.Equal(updated, Compare(With("a", "s", "t"), With("a", "s", "u", "t")).Counts);
        Assert.Equal(updated, Compare(With("a", "s", "t"), With("a")).Counts);
    }

    [Fact]
    public void Of_findings_with_one_place_and_message_those_with_equal_ends_of_their_flows_belong_together()
    {
        string With(params string[] steps)
        {
            IEnumerable<string> locations = steps.Select(step => $"{{\"location\":{{\"message\":{{\"text\":\"{step}\"}}}}}}");
            return Result(1, $"\"codeFlows\":[{{\"threadFlows\":[{{\"locations\":[{string.Join(",", locations)}]}}]}}]");
        }

        for (int name = 0; name < 20; name++)
        {
            List<FindingPair> pairs = [];
            string baseline = Log(With($"a{name}", "b", "c"), With($"d{name}", "e", "f"));
            string candidate = Log(With($"d{name}", "E", "f"), With($"a{name}", "B", "c"));
            Compare(baseline, candidate, pairs: pairs.Add);
            Assert.Equal([new(0, 1, FindingChange.Updated), new(1, 0, FindingChange.Updated)], pairs.OrderBy(pair => pair.Baseline));
        }
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

    private static string Result(int line, string extra, string message = "m") =>
        "{\"ruleId\":\"R\",\"message\":{\"text\":\"" + message + "\"},\"locations\":[{\"physicalLocation\":{\"region\":{\"startLine\":"
        + line + "}}}]," + extra + "}";

    private static ComparisonResult Compare(
        string baseline,
        string candidate,
        int bufferSize = JsonTokenReader.DefaultBufferSize,
        int joinLimit = SarifComparer.DefaultLimit,
        int matchLimit = SarifComparer.DefaultLimit,
        int sortCapacity = 1 << 10,
        Action<FindingPair>? pairs = null)
    {
        using CaseFiles files = new(baseline, candidate);
        return SarifComparer.Compare(files.Baseline, files.Candidate, bufferSize, joinLimit, matchLimit, sortCapacity, pairs);
    }

    private static FindingChange Expected(SarifLog baseline, SarifLog candidate, FindingPair pair)
    {
        if (pair.Baseline < 0)
            return FindingChange.New;
        if (pair.Candidate < 0)
            return FindingChange.Absent;
        SarifLog.Finding left = baseline.Findings[(int)pair.Baseline];
        SarifLog.Finding right = candidate.Findings[(int)pair.Candidate];
        if (left.Key == right.Key)
            return FindingChange.Unchanged;
        return (left.Rule, left.Message, left.Level) == (right.Rule, right.Message, right.Level)
            ? FindingChange.Moved
            : FindingChange.Updated;
    }
}
