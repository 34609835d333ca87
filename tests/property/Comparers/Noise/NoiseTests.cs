using System.Globalization;
using Defragger.Comparers;
using Defragger.Comparers.Differences;
using Defragger.Comparers.Noise;
using Defragger.Comparers.Records;
using Defragger.Comparers.Rules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers.Noise;

/// <summary>A second baseline run: what differs there is noise, counted and shown, and nothing else is.</summary>
[Properties(MaxTest = 150)]
public sealed class NoiseTests
{
    private static readonly string[] s_forms = ["text", "json", "jsonlines", "csv", "keyed lines", "keyed array", "keyed csv", "sarif"];

    [Property]
    public void A_second_run_that_is_equal_changes_nothing(byte[] left, byte[] right, NonNegativeInt form)
    {
        string baseline = Write(left, form.Get);
        string candidate = Write(right, form.Get);
        ComparisonResult plain = Compare(baseline, candidate, form.Get);
        ComparisonResult result = Compare(baseline, candidate, form.Get, baseline);
        Assert.Equal((plain.Same, plain.Counts, plain.Reason), (result.Same, result.Counts, result.Reason));
        Assert.Equal(plain.Differences ?? [], result.Differences ?? []);
    }

    [Property]
    public Property What_is_not_noise_and_what_is_are_together_what_there_is_without(byte[] left, byte[] right, byte[] again, NonNegativeInt form)
    {
        string baseline = Write(left, form.Get);
        string candidate = Write(right, form.Get);
        ComparisonResult plain = Compare(baseline, candidate, form.Get);
        ComparisonResult result = Compare(baseline, candidate, form.Get, Write(again, form.Get));
        ComparisonCounts counts = result.Counts ?? default;
        Assert.Equal(Differences(plain.Counts ?? default), Differences(counts) + counts.Noise);
        Assert.Equal(plain.Counts?.Unchanged, result.Counts?.Unchanged);
        Assert.Equal(!counts.HasDifference, result.Same);
        Assert.Equal(counts.Noise, (result.Differences ?? []).Count(one => one.Kind == DifferenceKind.Noise));
        return true.ToProperty()
            .Classify(counts.Noise > 0 && counts.HasDifference, $"partly noise: {s_forms[form.Get % s_forms.Length]}")
            .Classify(counts.Noise > 0 && !counts.HasDifference, "only noise");
    }

    [Property]
    public void A_second_run_that_is_the_candidate_makes_all_of_it_noise(byte[] left, byte[] right, NonNegativeInt form)
    {
        string baseline = Write(left, form.Get);
        string candidate = Write(right, form.Get);
        ComparisonCounts plain = Compare(baseline, candidate, form.Get).Counts ?? default;
        ComparisonResult result = Compare(baseline, candidate, form.Get, candidate);
        Assert.True(result.Same, result.Reason);
        Assert.Equal(Differences(plain), result.Counts?.Noise ?? 0);
        if (Differences(plain) > 0)
        {
            Assert.Contains("\"status\":\"ignored\"", result.ToJson(), StringComparison.Ordinal);
            Assert.Contains(" noise of ", result.Reason, StringComparison.Ordinal);
        }
    }

    [Property]
    public void Which_of_two_runs_is_called_the_baseline_changes_no_difference_of_values(byte[] left, byte[] right, byte[] again)
    {
        const int Json = 1;
        string[] runs = [Write(left, Json), Write(again, Json)];
        string candidate = Write(right, Json);
        ComparisonCounts counts = Compare(runs[0], candidate, Json, runs[1]).Counts ?? default;
        ComparisonCounts swapped = Compare(runs[1], candidate, Json, runs[0]).Counts ?? default;
        Assert.Equal((counts.New, counts.Absent, counts.Updated), (swapped.New, swapped.Absent, swapped.Updated));
    }

    [Property]
    public void Each_further_run_can_only_add_noise(byte[] left, byte[] right, byte[] second, byte[] third, NonNegativeInt form)
    {
        string[] files = [Write(left, form.Get), Write(right, form.Get), Write(second, form.Get), Write(third, form.Get)];
        ComparisonCounts one = Compare(files[0], files[1], form.Get, files[2]).Counts ?? default;
        ComparisonCounts both = Compare(files[0], files[1], form.Get, files[2], files[3]).Counts ?? default;
        Assert.True(both.Noise >= one.Noise);
    }

    [Theory]
    [InlineData("jsonlines", "{\"id\":1,\"time\":5,\"ok\":true}\n", "{\"id\":1,\"time\":6,\"ok\":true}\n", "{\"id\":1,\"time\":9,\"ok\":false}\n")]
    [InlineData("csv", "id,time,ok\n1,5,true\n", "id,time,ok\n1,6,true\n", "id,time,ok\n1,9,false\n")]
    public void A_value_that_is_noise_does_not_hide_another_one_of_its_record(string format, string first, string second, string candidate)
    {
        Assert.True(FormatCatalog.TryParse(format, out ComparisonFormat read));
        foreach (RecordKey? key in new[] { null, new RecordKey(["id"]) })
        {
            ComparisonCounts changed = Run(first, candidate, read, key, second).Counts!.Value;
            Assert.Equal((1, 0), (changed.Updated, changed.Noise));
            string onlyTime = candidate.Replace("false", "true", StringComparison.Ordinal);
            ComparisonCounts noise = Run(first, onlyTime, read, key, second).Counts!.Value;
            Assert.Equal((0, 1), (noise.Updated, noise.Noise));
        }
    }

    [Fact]
    public void A_finding_that_comes_and_goes_is_noise_as_often_as_it_did()
    {
        static string Log(params string[] messages) => "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"t\"}},\"results\":["
            + string.Join(',', messages.Select(message => $"{{\"ruleId\":\"r\",\"message\":{{\"text\":\"{message}\"}}}}")) + "]}]}";
        const int Sarif = 7;
        ComparisonCounts counts = Compare(Log("kept", "gone"), Log("kept", "seen", "gone", "seen"), Sarif, Log("kept", "seen")).Counts!.Value;
        Assert.Equal(new ComparisonCounts(1, 0, 0, 2, Noise: 1), counts);
        Assert.True(Compare(Log("kept", "gone"), Log("kept"), Sarif, Log("kept", "seen")).Same);
    }

    [Fact]
    public void Lines_may_be_added_where_runs_of_the_baseline_add_lines_and_nowhere_else()
    {
        const string Baseline = "start\nworking\nend\n";
        const int Text = 0;
        string second = "start\nwaiting\nworking\nend\n";
        ComparisonResult noise = Compare(Baseline, "start\nwaiting\nstill waiting\nworking\nend\n", Text, second);
        Assert.Equal(new ComparisonCounts(0, 0, 0, 3, Noise: 2), noise.Counts);
        ComparisonResult elsewhere = Compare(Baseline, "start\nworking\nfailed\nend\n", Text, second);
        Assert.Equal(new ComparisonCounts(1, 0, 0, 3), elsewhere.Counts);
        Assert.EndsWith("first difference at line 3", elsewhere.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_tolerance_covers_between_the_runs_is_not_learned()
    {
        Allowances allowances = new([("time", Tolerance.Parse("10%"))], [], "case", default);
        ComparisonResult result = Run("{\"time\":100}", "{\"time\":900}", ComparisonFormat.Json, null, "{\"time\":105}", allowances);
        Assert.Equal(new ComparisonCounts(0, 0, 1, 0), result.Counts);
        Assert.Equal(0, result.Tolerated);
    }

    [Fact]
    public void A_binary_file_is_noise_when_runs_of_the_baseline_differ()
    {
        ComparisonResult result = Run("a\0b", "a\0c", ComparisonFormat.Binary, null, "a\0d");
        Assert.True(result.Same);
        Assert.Equal("first difference at byte 2; noise, for runs of the baseline differ too", result.Reason);
        Assert.False(Run("a\0b", "a\0c", ComparisonFormat.Binary, null, "a\0b").Same);
    }

    [Fact]
    public void With_more_places_than_the_bound_nothing_is_noise_and_the_case_says_so()
    {
        string Items(int add) => $"[{string.Join(',', Enumerable.Range(0, NoisePlaces.DefaultLimit + 1).Select(i => i + add))}]";
        ComparisonResult result = Compare(Items(0), Items(1), 1, Items(2));
        Assert.Equal(NoisePlaces.DefaultLimit + 1, result.Counts!.Value.Updated);
        Assert.Contains("in more than 250000 places, so nothing is taken as noise", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_run_that_cannot_be_read_is_an_error_that_names_it()
    {
        string message = Assert.Throws<ComparisonException>(() => Compare("{}", "[]", 1, "{")).Message;
        Assert.Contains("baseline2-0", message, StringComparison.Ordinal);
    }

    private static long Differences(ComparisonCounts counts) => counts.New + counts.Absent + counts.Updated + counts.Moved + counts.Ignored;

    /// <summary>A file of a form: records with ids that repeat now and then, and values.</summary>
    private static string Write(byte[] letters, int form)
    {
        string N(int number) => number.ToString(CultureInfo.InvariantCulture);
        IEnumerable<(string Id, string A, string B)> records = letters.Select(letter => (N(letter % 12), N(letter / 12 % 3), N(letter / 36 % 2)));
        string[] json = [.. records.Select(record => $$"""{"id":{{record.Id}},"a":{{record.A}},"b":[{{record.B}}]}""")];
        return s_forms[form % s_forms.Length] switch
        {
            "text" => string.Concat(records.Select(record => $"{record.Id} {record.A}\n")),
            "json" => "{" + string.Join(',', records.DistinctBy(record => record.Id).Select(record => $"\"{record.Id}\":[{record.A},{record.B}]")) + "}",
            "jsonlines" or "keyed lines" => string.Concat(json.Select(line => line + "\n")),
            "keyed array" => $"[{string.Join(',', json)}]",
            "sarif" => SarifLog.From(letters).Write(letters.Length),
            _ => "id,a,b\n" + string.Concat(records.Select(record => $"{record.Id},{record.A},\"{record.B}\"\n")),
        };
    }

    private static ComparisonResult Compare(string baseline, string candidate, int form, params string[] further)
    {
        string name = s_forms[form % s_forms.Length];
        ComparisonFormat format = name switch
        {
            "text" => ComparisonFormat.Text,
            "jsonlines" or "keyed lines" => ComparisonFormat.JsonLines,
            "csv" or "keyed csv" => ComparisonFormat.Csv,
            "sarif" => ComparisonFormat.Sarif,
            _ => ComparisonFormat.Json,
        };
        RecordKey? key = name.StartsWith("keyed", StringComparison.Ordinal) ? new RecordKey(["id"]) : null;
        return Run(baseline, candidate, format, key, further);
    }

    private static ComparisonResult Run(
        string baseline, string candidate, ComparisonFormat format, RecordKey? key, string second, Allowances? allowances = null) =>
        Run(baseline, candidate, format, key, [second], allowances);

    private static ComparisonResult Run(
        string baseline, string candidate, ComparisonFormat format, RecordKey? key, string[] further, Allowances? allowances = null)
    {
        using CaseFiles files = new(baseline, candidate);
        string[] paths = [.. further.Select((_, i) => $"{files.BaselinePath}.baseline2-{i}")];
        for (int i = 0; i < paths.Length; i++)
            File.WriteAllText(paths[i], further[i]);
        return FileComparer.Compare(
            files.BaselinePath, files.CandidatePath, format, key, allowances, DifferenceList.MaximumLimit, paths);
    }
}
