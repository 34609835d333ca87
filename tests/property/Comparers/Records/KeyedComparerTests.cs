using System.Text;
using Defragger.Comparers;
using Defragger.Comparers.Records;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers.Records;

/// <summary>Records matched by key, against lists that are searched one by one. A byte is a record: 5 keys, 3 contents.</summary>
public sealed class KeyedComparerTests
{
    private static readonly RecordKey s_key = new(["id", "run/name"]);

    [Property(MaxTest = 300)]
    public Property Records_of_every_format_are_counted_as_lists_are_whatever_their_order(byte[] left, byte[] right, int seed)
    {
        Random random = new(seed);
        ComparisonCounts expected = Naive(left, right);
        byte[] shuffled = [.. left];
        random.Shuffle(shuffled);
        Assert.Equal(expected, JsonLines(Lines(left, random), Lines(right, random)).Counts);
        Assert.Equal(expected, JsonLines(Lines(shuffled, random), Lines(right, random)).Counts);
        Assert.Equal(expected, Csv(Rows(shuffled), Rows(right)).Counts);
        Assert.Equal(expected, Json(Array(shuffled, random), Array(right, random)).Counts);
        Assert.Equal(expected.Swap(), JsonLines(Lines(right, random), Lines(left, random)).Counts);
        Assert.Equal(!expected.HasDifference, Json(Array(shuffled, random), Array(right, random)).Same);
        return true.ToProperty()
            .Classify(expected.Updated > 0, "with updated")
            .Classify(expected.Unchanged > 0, "with unchanged")
            .Classify(left.Concat(right).Distinct().Count() < left.Length + right.Length, "with equal records");
    }

    [Property(MaxTest = 200)]
    public void Nothing_changes_when_records_go_through_the_disk(byte[] left, byte[] right, PositiveInt limit, PositiveInt capacity)
    {
        Random random = new(limit.Get);
        using CaseFiles files = new(Lines(left, random), Lines(right, random));
        using JsonLineSource one = new(files.Baseline, Side.Baseline, s_key, bufferSize: 64);
        using JsonLineSource other = new(files.Candidate, Side.Candidate, s_key, bufferSize: 64);
        ComparisonResult bounded = KeyedComparer.Compare(
            one, other, "x", ComparisonFormat.JsonLines, limit: limit.Get % 5 + 1, sortCapacity: capacity.Get % 7 + 1);
        Assert.Equal(Naive(left, right), bounded.Counts);
    }

    [Property(MaxTest = 100)]
    public void A_json_document_may_be_cut_at_every_byte(byte[] left, byte[] right, int seed)
    {
        using CaseFiles files = new(Array(left, new Random(seed)), Array(right, new Random(seed)));
        using JsonArraySource one = new(files.Baseline, Side.Baseline, s_key, bufferSize: 1);
        using JsonArraySource other = new(files.Candidate, Side.Candidate, s_key, bufferSize: 3);
        Assert.Equal(Naive(left, right), KeyedComparer.Compare(one, other, "x", ComparisonFormat.Json).Counts);
    }

    [Fact]
    public void A_document_is_compared_with_all_that_stands_beside_its_records()
    {
        RecordKey id = new(["id"]);
        ComparisonCounts Counts(string left, string right) => Json(left, right, id).Counts!.Value;
        string both = "{\"meta\":{\"v\":1},\"cases\":[{\"id\":1,\"x\":0},{\"id\":2}],\"other\":[{\"id\":1}]}";
        Assert.True(Json(both, "{\"other\":[{\"id\":1}],\"cases\":[{\"id\":2},{\"x\":0,\"id\":1}],\"meta\":{\"v\":1.0}}", id).Same);
        Assert.Equal(new(0, 0, 1, 3), Counts(both, both.Replace("\"v\":1", "\"v\":2", StringComparison.Ordinal)));
        Assert.Equal(new(0, 0, 1, 3), Counts(both, both.Replace("\"x\":0", "\"x\":1", StringComparison.Ordinal)));
        Assert.Equal(new(1, 1, 0, 3), Counts(both, both.Replace("\"other\":[{\"id\":1}]", "\"other\":[{\"id\":3}]", StringComparison.Ordinal)));
        ComparisonResult arrays = Json("{\"a\":[]}", "{\"b\":[]}", id);
        Assert.False(arrays.Same);
        Assert.StartsWith("the document has other arrays; ", arrays.Reason, StringComparison.Ordinal);
        Assert.False(Json("[]", "{}", id).Same);
    }

    [Fact]
    public void Columns_may_stand_in_another_order_and_a_new_one_is_told()
    {
        RecordKey id = new(["id"]);
        Assert.True(Csv("id,v\n1,x\n2,y\n", "v,id\ny,2\nx,1\n", id).Same);
        ComparisonResult more = Csv("id,v\n1,x\n", "id,v,w\n1,x,0\n", id);
        Assert.Equal(new(0, 0, 1, 0), more.Counts);
        Assert.StartsWith("columns differ: new 'w'; 1 updated", more.Reason, StringComparison.Ordinal);
        Assert.False(Csv("id,v\n", "id,w\n", id).Same);
    }

    [Theory]
    [InlineData("jsonlines", "{\"id\":1}\n{\"ID\":2}\n", "line 2 has no 'id', which -Key names")]
    [InlineData("jsonlines", "{\"id\":1}\n{\"id\":{}}\n", "line 2 has no 'id', which -Key names")]
    [InlineData("jsonlines", "{\"id\":1}\n{\"id\":\n", "line 2 is not a valid JSON record at byte")]
    [InlineData("json", "[{\"id\":1}, {\"x\":2}]", "the record at byte 11 has no 'id', which -Key names")]
    [InlineData("json", "{\"a\":1,\"a\":2}", "the object repeats this key")]
    [InlineData("json", "[{\"id\":1,\"id\":2}]", "the object that ends here repeats a key")]
    [InlineData("json", "[{\"id\":1}", "not valid JSON at byte")]
    [InlineData("csv", "x,y\n1,2\n", "has no column 'id', which -Key names; its columns are 'x', 'y'")]
    [InlineData("csv", "id,id\n1,2\n", "has two columns 'id'")]
    [InlineData("csv", "id,v\n1\n", "row 2 has 1 fields, and there are 2 columns")]
    public void What_cannot_be_matched_is_an_error(string name, string candidate, string problem)
    {
        Assert.True(FormatCatalog.TryParse(name, out ComparisonFormat format));
        string baseline = format switch
        {
            ComparisonFormat.Csv => "id\n1\n",
            ComparisonFormat.Json => "[]",
            _ => "{\"id\":1}\n",
        };
        using CaseFiles files = new(baseline, candidate);
        string error = Assert.Throws<ComparisonException>(
            () => FileComparer.Compare(files.BaselinePath, files.CandidatePath, format, new RecordKey(["id"]))).Message;
        Assert.Contains("candidate.txt: ", error, StringComparison.Ordinal);
        Assert.Contains(problem, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_way_to_a_key_is_a_json_pointer_with_or_without_its_first_slash()
    {
        foreach (string name in (string[])["a~1b/c~0d", "/a~1b/c~0d"])
        {
            ComparisonResult result = JsonLines(
                "{\"a/b\":{\"c~d\":1},\"v\":1}\n{\"a/b\":{\"c~d\":2},\"v\":1}\n",
                "{\"a/b\":{\"c~d\":2},\"v\":2}\n{\"a/b\":{\"c~d\":1},\"v\":1}\n",
                new RecordKey([name]));
            Assert.Equal(new ComparisonCounts(0, 0, 1, 1), result.Counts);
        }
    }

    private static ComparisonCounts Naive(byte[] left, byte[] right)
    {
        List<(int Key, int Content)> here = [.. left.Select(Record)];
        List<(int Key, int Content)> there = [.. right.Select(Record)];
        int unchanged = here.RemoveAll(there.Remove);
        int updated = here.RemoveAll(record => there.FindIndex(other => other.Key == record.Key) is >= 0 and int at && RemoveAt(at));
        return new(there.Count, here.Count, updated, unchanged);

        bool RemoveAt(int at)
        {
            there.RemoveAt(at);
            return true;
        }
    }

    private static (int Key, int Content) Record(byte letter) => (letter % 5, letter / 5 % 3);

    private static string Json(byte letter, Random random)
    {
        (int key, int content) = Record(letter);
        string[] members = [$"\"id\":{key % 2}", $"\"run\":{{\"id\":9,\"name\":\"n{key / 2}\"}}", $"\"v\":{content}", "\"list\":[{\"id\":7}]"];
        random.Shuffle(members);
        return $"{{{string.Join(",", members)}}}";
    }

    private static string Lines(byte[] letters, Random random) => string.Concat(letters.Select(letter => Json(letter, random) + "\n"));

    private static string Array(byte[] letters, Random random) => $"[{string.Join(", ", letters.Select(letter => Json(letter, random)))}]";

    private static string Rows(byte[] letters)
    {
        StringBuilder rows = new("id,run/name,v\n");
        foreach ((int key, int content) in letters.Select(Record))
            rows.Append(System.Globalization.CultureInfo.InvariantCulture, $"{key % 2},\"n{key / 2}\",{content}\n");
        return rows.ToString();
    }

    private static ComparisonResult JsonLines(string left, string right, RecordKey? key = null)
    {
        using CaseFiles files = new(left, right);
        return KeyedComparer.JsonLines(files.Baseline, files.Candidate, key ?? s_key, new(50));
    }

    private static ComparisonResult Json(string left, string right, RecordKey? key = null)
    {
        using CaseFiles files = new(left, right);
        return KeyedComparer.Json(files.Baseline, files.Candidate, key ?? s_key, new(50));
    }

    private static ComparisonResult Csv(string left, string right, RecordKey? key = null)
    {
        using CaseFiles files = new(left, right);
        return KeyedComparer.Csv(files.Baseline, files.Candidate, key ?? s_key, new(50));
    }
}
