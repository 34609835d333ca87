using System.Text;
using System.Text.Json.Nodes;
using Defragger.Comparers;
using Defragger.Comparers.Rules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers;

[Properties(Arbitrary = [typeof(JsonTree)], MaxTest = 300)]
public sealed class JsonComparerTests
{
    [Property]
    public void A_document_is_the_same_however_it_is_written(JsonTree tree, int style, int otherStyle)
    {
        ComparisonResult result = Compare(tree.Write(style), tree.Write(otherStyle) + "\n");
        Assert.True(result.Same, result.Reason);
        Assert.Equal(new ComparisonCounts(0, 0, 0, tree.Leaves("").Count()), result.Counts);
    }

    [Property]
    public Property Two_documents_are_the_same_if_and_only_if_the_model_says_so(JsonTree left, JsonTree right, int style)
    {
        bool equal = JsonNode.DeepEquals(JsonNode.Parse(left.WritePlain()), JsonNode.Parse(right.WritePlain()));
        Assert.Equal(equal, Compare(left.Write(style), right.WritePlain()).Same);
        return true.ToProperty().Classify(equal, "equal");
    }

    [Property]
    public void Leaves_are_counted_as_a_dictionary_of_paths_counts_them(JsonTree left, JsonTree right, int style)
    {
        Dictionary<string, string> before = left.Leaves("").ToDictionary(leaf => leaf.Path, leaf => leaf.Value);
        Dictionary<string, string> after = right.Leaves("").ToDictionary(leaf => leaf.Path, leaf => leaf.Value);
        int both = before.Keys.Count(after.ContainsKey);
        int unchanged = before.Count(leaf => after.TryGetValue(leaf.Key, out string? value) && value == leaf.Value);
        ComparisonCounts expected = new(after.Count - both, before.Count - both, both - unchanged, unchanged);
        Assert.Equal(expected, Compare(left.Write(style), right.Write(style + 1)).Counts);
    }

    [Property]
    public void Swapping_the_sides_swaps_new_and_absent(JsonTree left, JsonTree right)
    {
        ComparisonResult forward = Compare(left.WritePlain(), right.WritePlain());
        ComparisonResult backward = Compare(right.WritePlain(), left.WritePlain());
        Assert.Equal(forward.Counts!.Value, backward.Counts!.Value.Swap());
        Assert.Equal(forward.Same, backward.Same);
    }

    [Property]
    public void Tokens_may_be_cut_at_every_byte(JsonTree left, JsonTree right, int style, PositiveInt size)
    {
        ComparisonResult whole = Compare(left.Write(style), right.Write(style));
        Assert.Equal(whole, Compare(left.Write(style), right.Write(style), bufferSize: 1));
        Assert.Equal(whole, Compare(left.Write(style), right.Write(style), bufferSize: size.Get));
    }

    [Property]
    public void A_bound_on_the_join_never_makes_different_documents_the_same(JsonTree left, JsonTree right, int style)
    {
        ComparisonResult exact = Compare(left.Write(style), right.Write(style));
        ComparisonResult bounded = Compare(left.Write(style), right.Write(style), joinLimit: 2, bufferSize: 4);
        Assert.Equal(exact.Same, bounded.Same);
        Assert.True(bounded.Counts!.Value.Unchanged <= exact.Counts!.Value.Unchanged);
    }

    [Property]
    public void A_document_cut_short_is_an_error_and_never_the_same(JsonTree tree, PositiveInt cut)
    {
        string text = new JsonTree.List([tree]).WritePlain();
        byte[] whole = Encoding.UTF8.GetBytes(text);
        byte[] part = whole[..(cut.Get % whole.Length)];
        Assert.Throws<ComparisonException>(() => CaseFiles.Compare(whole, part, ComparisonFormat.Json));
        Assert.Throws<ComparisonException>(() => CaseFiles.Compare(part, whole, ComparisonFormat.Json));
    }

    [Theory]
    [InlineData("9007199254740992", "9007199254740992.0", true)]
    [InlineData("12345678901234567890", "12345678901234567891", false)]
    [InlineData("0.1", "0.10", true)]
    [InlineData("0", "-0.0", true)]
    [InlineData("1e400", "2e400", false)]
    [InlineData("1", "\"1\"", false)]
    [InlineData("null", "\"null\"", false)]
    [InlineData("[]", "{}", false)]
    [InlineData("[1]", "{\"0\":1}", false)]
    [InlineData("\"\\u0041\"", "\"A\"", true)]
    [InlineData("\"\\ud800\"", "\"\\ud801\"", false)]
    [InlineData("1e-400", "0", false)]
    [InlineData("1e-400", "10e-401", true)]
    [InlineData("0e999999999999999999999", "-0.00", true)]
    [InlineData("1e999999999999999999999", "1e999999999999999999998", false)]
    [InlineData("100000000000000000000", "1E+20", true)]
    [InlineData("1700000000.123456789", "1700000000.123456790", false)]
    [InlineData("9007199254740993.0", "9007199254740992.0", false)]
    [InlineData("-1", "1", false)]
    [InlineData("12", "1.2", false)]
    [InlineData("{\"a\":{\"x\":1}}", "{\"a\":{\"y\":1}}", false)]
    public void Values_are_equal_by_meaning(string left, string right, bool same) =>
        Assert.Equal(same, Compare(left, right).Same);

    [Theory]
    [InlineData("{\"a\":1,\"a\":2}", "{\"a\":2,\"a\":1}")]
    [InlineData("{\"a\":1,\"a\":1}", "{\"a\":1}")]
    [InlineData("[0,{\"a\":{\"x\":1},\"\\u0061\":{\"y\":2}}]", "[0,{\"a\":{\"x\":1,\"y\":2}}]")]
    public void A_repeated_key_is_refused_since_which_value_counts_is_for_each_parser_to_choose(string left, string right)
    {
        string error = Assert.Throws<ComparisonException>(() => Compare(left, right)).Message;
        Assert.EndsWith($"not valid JSON at byte {left.LastIndexOf('}')}: the object that ends here repeats a key", error, StringComparison.Ordinal);
        Assert.Throws<ComparisonException>(() => Compare(right, left));
    }

    [Fact]
    public void Nesting_is_read_to_depth_1000_and_refused_beyond()
    {
        string deep = new string('[', 1000) + new string(']', 1000);
        Assert.True(Compare(deep, " " + deep).Same);
        string error = Assert.Throws<ComparisonException>(() => Compare(deep, $"[{deep}]")).Message;
        Assert.Contains("1000", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_of_some_megabytes_is_read_through_a_growing_buffer()
    {
        string big = new('x', 3_000_000);
        Assert.False(Compare($"[\"{big}a\"]", $"[\"{big}b\"]").Same);
        Assert.True(Compare($"[\"{big}\"]", $"[ \"{big}\"]").Same);
    }

    [Fact]
    public void A_byte_order_mark_is_no_difference_and_utf16_is_refused_by_name()
    {
        Assert.True(Compare("\uFEFF[1]", "[1]").Same);
        byte[] wide = Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("[1]")).ToArray();
        string error = Assert.Throws<ComparisonException>(
            () => CaseFiles.Compare(wide, "[1]"u8.ToArray(), ComparisonFormat.Json)).Message;
        Assert.Contains("UTF-16", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_utf8_is_compared_by_its_bytes()
    {
        byte[] one = [(byte)'"', 0xFF, (byte)'"'];
        byte[] two = [(byte)'"', 0xFE, (byte)'"', (byte)' '];
        Assert.False(CaseFiles.Compare(one, two, ComparisonFormat.Json).Same);
        Assert.True(CaseFiles.Compare(one, [.. one, (byte)' '], ComparisonFormat.Json).Same);
    }

    [Fact]
    public void An_error_names_the_file_the_byte_and_the_line()
    {
        string error = Assert.Throws<ComparisonException>(() => Compare("[1]", "[1,\n2,\n\n  x]")).Message;
        Assert.Contains("candidate.txt: not valid JSON at byte 10 (line 4): ", error, StringComparison.Ordinal);
        string marked = Assert.Throws<ComparisonException>(() => Compare("[1]", "\uFEFF[x]")).Message;
        Assert.Contains("candidate.txt: not valid JSON at byte 4 (line 1): ", marked, StringComparison.Ordinal);
    }

    private static ComparisonResult Compare(
        string baseline,
        string candidate,
        int bufferSize = JsonTokenReader.DefaultBufferSize,
        int joinLimit = StreamingJoin<JsonLeaf>.DefaultLimit)
    {
        using CaseFiles files = new(baseline, candidate);
        return JsonComparer.Compare(files.Baseline, files.Candidate, bufferSize, joinLimit);
    }
}
