using System.Globalization;
using System.Text;
using Defragger.Comparers;
using Defragger.Comparers.Records;
using Defragger.Comparers.Rules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers.Records;

/// <summary>Tolerances and rules with a path for values of records: JSON Lines and rows, in order and by key.</summary>
[Properties(MaxTest = 200)]
public sealed class RecordJudgeTests
{
    private static readonly Tolerance s_ten = new(10, IsRelative: false);

    [Property]
    public Property A_record_is_ignored_when_each_value_that_differs_may(byte[] before, byte[] after, bool csv, bool byKey)
    {
        int records = Math.Min(before.Length, after.Length);
        ComparisonCounts expected = default;
        for (int i = 0; i < records; i++)
        {
            bool timeDiffers = before[i] % 32 != after[i] % 32;
            bool isTolerated = Math.Abs((before[i] % 32) - (after[i] % 32)) <= 10;
            bool noteDiffers = before[i] / 32 % 4 != after[i] / 32 % 4; // a rule covers it
            bool codeDiffers = before[i] / 128 != after[i] / 128;
            if (!timeDiffers && !noteDiffers && !codeDiffers)
                expected = expected with { Unchanged = expected.Unchanged + 1 };
            else if (codeDiffers || !isTolerated)
                expected = expected with { Updated = expected.Updated + 1 };
            else
                expected = expected with { Ignored = expected.Ignored + 1 };
        }

        ComparisonResult result = Compare(
            Write(before[..records], csv), Write(after[..records], csv), csv, byKey,
            """[{"when":"updated","path":"note","reason":"free text"}]""");
        ComparisonCounts counts = result.Counts ?? new(0, 0, 0, expected.Unchanged);
        // Records in order that follow a difference may be paired with others; what is let pass is never a difference.
        if (byKey)
            Assert.Equal(expected with { Unchanged = counts.Unchanged }, counts);
        Assert.Equal(expected.Updated == 0, result.Same);
        return true.ToProperty().Classify(counts.Ignored > 0, "with ignored").Classify(counts.Updated > 0, "with updated");
    }

    [Fact]
    public void Numbers_may_be_written_in_other_ways_and_rows_hold_numbers_too()
    {
        ComparisonResult json = Compare("{\"time\":1e1}\n{\"time\":0}\n", "{\"time\":10.0}\n{\"time\":7.5}\n", csv: false);
        Assert.Equal(new ComparisonCounts(0, 0, 0, 1, Ignored: 1), json.Counts);
        Assert.Equal("1 ignored of 2 lines (1 within tolerance)", json.Reason);
        Assert.Equal(1, Compare("time\n\"1,5\"\n", "time\n\"1,6\"\n", csv: true).Counts!.Value.Updated);
        Assert.Equal(1, Compare("time\n1.5\n", "time\n1.6\n", csv: true).Counts!.Value.Ignored);
    }

    [Fact]
    public void A_member_that_only_one_record_has_is_covered_by_when_and_path()
    {
        const string Rule = """[{"when":"new","path":"extra*","reason":"added on purpose"}]""";
        Assert.True(Compare("{\"id\":1}\n", "{\"id\":1,\"extra\":{\"a\":1}}\n", csv: false, byKey: true, Rule).Same);
        Assert.False(Compare("{\"id\":1,\"extra\":{\"a\":1}}\n", "{\"id\":1}\n", csv: false, byKey: true, Rule).Same);
    }

    [Fact]
    public void Lines_longer_than_a_read_are_taken_apart_whole()
    {
        string Long(int time) => $"{{\"text\":\"{new string('x', 100_000)}\",\"time\":{time}}}\n";
        Assert.Equal(new ComparisonCounts(0, 0, 0, 0, Ignored: 1), Compare(Long(1), Long(2), csv: false).Counts);
    }

    private static string Write(byte[] letters, bool csv)
    {
        StringBuilder text = new(csv ? "id,time,note,code\n" : "");
        for (int i = 0; i < letters.Length; i++)
        {
            string format = csv ? "{0},{1},\"n {2}\",{3}\n" : "{{\"id\":{0},\"time\":{1},\"note\":\"n {2}\",\"code\":{3}}}\n";
            text.AppendFormat(CultureInfo.InvariantCulture, format, i, letters[i] % 32, letters[i] / 32 % 4, letters[i] / 128);
        }

        return text.ToString();
    }

    private static ComparisonResult Compare(string baseline, string candidate, bool csv, bool byKey = false, string rules = "[]")
    {
        Allowances allowances = new([("time", s_ten)], IgnoreRuleFile.Parse("rules", Encoding.UTF8.GetBytes(rules)), "case", default);
        using CaseFiles files = new(baseline, candidate);
        return FileComparer.Compare(
            files.BaselinePath, files.CandidatePath, csv ? ComparisonFormat.Csv : ComparisonFormat.JsonLines,
            byKey ? new RecordKey(["id"]) : null, allowances);
    }
}
