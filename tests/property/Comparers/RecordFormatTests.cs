using System.Buffers;
using System.Text;
using Defragger.Comparers;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers;

/// <summary>Text, JSON Lines and separated values: what is one record, and when two of them are equal.</summary>
[Properties(Arbitrary = [typeof(JsonTree)], MaxTest = 150)]
public sealed class RecordFormatTests
{
    private static readonly SearchValues<char> s_special = SearchValues.Create(",;\t|\"\r\n");

    [Property]
    public void Json_lines_are_equal_however_each_is_written(JsonTree[] trees, int style)
    {
        string baseline = string.Concat(trees.Select((tree, i) => OneLine(tree.Write(style + i)) + "\n"));
        string candidate = string.Concat(trees.Select((tree, i) => OneLine(tree.Write(style - i - 1)) + "\r\n"));
        ComparisonResult result = CaseFiles.Compare(baseline, candidate, ComparisonFormat.JsonLines);
        Assert.True(result.Same, result.Reason);
        if (baseline != candidate)
            Assert.Equal(trees.Length, result.Counts!.Value.Unchanged);
    }

    [Property]
    public void One_changed_json_line_among_others_is_one_updated(JsonTree[] trees, NonNegativeInt at)
    {
        string[] before = [.. trees.Select((tree, i) => $"[{i},{tree.WritePlain()}]\n"), "[-1]\n"];
        string[] after = [.. before];
        int changed = at.Get % after.Length;
        after[changed] = "{\"changed\":true}\n";
        ComparisonResult result = CaseFiles.Compare(string.Concat(before), string.Concat(after), ComparisonFormat.JsonLines);
        Assert.Equal(new ComparisonCounts(0, 0, 1, before.Length - 1), result.Counts);
        Assert.EndsWith($"first difference at line {changed + 1}", result.Reason, StringComparison.Ordinal);
    }

    [Property]
    public void Json_lines_may_be_cut_at_every_byte(JsonTree[] left, JsonTree[] right, PositiveInt size)
    {
        using CaseFiles files = new(
            string.Concat(left.Select(tree => tree.WritePlain() + "\n")),
            string.Concat(right.Select(tree => tree.WritePlain() + "\n")));
        Assert.Equal(AlignJsonLines(files, ByteWindow.DefaultSize), AlignJsonLines(files, 1));
        Assert.Equal(AlignJsonLines(files, ByteWindow.DefaultSize), AlignJsonLines(files, size.Get));
    }

    [Theory]
    [InlineData("{\"a\":1}\n{\"a\":\n", "line 2 is not a valid JSON record at byte")]
    [InlineData("{\"a\":1}\n{\"b\":1,\"b\":2}\n", "line 2 is not a valid JSON record at byte 21: the object that ends here repeats a key")]
    [InlineData("{\"a\":1}\nnope\n", "line 2 is not a valid JSON record at byte 9")]
    [InlineData("{\"a\":1}\n1 2\n", "line 2 is not a valid JSON record at byte 10")]
    public void A_line_that_is_no_json_is_an_error_with_its_number(string candidate, string problem)
    {
        string error = Assert.Throws<ComparisonException>(
            () => CaseFiles.Compare("{\"a\":1}\n{\"a\":2}\n", candidate, ComparisonFormat.JsonLines)).Message;
        Assert.Contains("candidate.txt: " + problem, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_repeated_key_is_found_among_many_names()
    {
        string many = string.Join(",", Enumerable.Range(0, 40).Select(i => $"\"k{i}\":0"));
        Assert.Throws<ComparisonException>(() => CaseFiles.Compare("1", $"{{{many},\"k7\":0}}", ComparisonFormat.JsonLines));
        Assert.False(CaseFiles.Compare("1", $"{{{many},\"k40\":0}}", ComparisonFormat.JsonLines).Same);
    }

    [Fact]
    public void The_final_newline_counts_in_text_and_not_in_json_lines()
    {
        Assert.Equal(new ComparisonCounts(0, 0, 1, 1), CaseFiles.Compare("a\nb\n", "a\nb", ComparisonFormat.Text).Counts);
        Assert.True(CaseFiles.Compare("1\n2\n", "1\n2", ComparisonFormat.JsonLines).Same);
        Assert.True(CaseFiles.Compare("a\n1\n", "a\n1", ComparisonFormat.Csv).Same);
    }

    [Fact]
    public void Carriage_returns_count_in_text_and_not_in_json_lines_and_csv()
    {
        Assert.False(CaseFiles.Compare("a\r\nb\r\n", "a\nb\n", ComparisonFormat.Text).Same);
        Assert.True(CaseFiles.Compare("1\r\n2\r\n", "1\n2\n", ComparisonFormat.JsonLines).Same);
        Assert.True(CaseFiles.Compare("a\r\nb\r\n", "a\nb\n", ComparisonFormat.Csv).Same);
    }

    [Fact]
    public void A_byte_order_mark_counts_in_text_and_not_in_json_lines_and_csv()
    {
        Assert.False(CaseFiles.Compare("\uFEFFa\n", "a\n", ComparisonFormat.Text).Same);
        Assert.True(CaseFiles.Compare("\uFEFF1\n", "1\n", ComparisonFormat.JsonLines).Same);
        Assert.True(CaseFiles.Compare("\uFEFFa\n", "a\n", ComparisonFormat.Csv).Same);
    }

    [Property]
    public void Rows_are_equal_however_their_fields_are_quoted(NonNull<string>[][] rows, int style)
    {
        string[][] table = Table(rows);
        Random quoting = new(style);
        string baseline = Csv(table, ',', _ => quoting.Next(2) == 0);
        string candidate = Csv(table, ';', _ => quoting.Next(2) == 0);
        ComparisonResult result = CaseFiles.Compare("h,h\n" + baseline, "h;h\n" + candidate, ComparisonFormat.Csv);
        Assert.True(result.Same, result.Reason);
    }

    [Property]
    public void One_changed_field_is_one_updated_row(NonNull<string>[][] rows, NonNegativeInt at)
    {
        string[][] table = [.. Table(rows).Select((row, i) => (string[])[$"{i}", .. row]), ["last"]];
        string[][] changed = [.. table];
        changed[at.Get % table.Length] = ["changed!", .. changed[at.Get % table.Length][1..]];
        ComparisonResult result = CaseFiles.Compare(
            "h,h\n" + Csv(table, ',', _ => false), "h,h\n" + Csv(changed, ',', _ => true), ComparisonFormat.Csv);
        Assert.Equal(new ComparisonCounts(0, 0, 1, table.Length), result.Counts);
    }

    [Fact]
    public void Rows_written_alike_differ_when_their_separators_do()
    {
        ComparisonResult result = CaseFiles.Compare("h,h,h\n1;2,3\n", "h;h;h\n1;2,3\n", ComparisonFormat.Csv);
        Assert.Equal(new ComparisonCounts(0, 0, 1, 1), result.Counts);
    }

    [Fact]
    public void The_separator_hint_of_a_spreadsheet_is_a_row_like_any_other() =>
        Assert.Equal(1, CaseFiles.Compare("sep=;\na;b\n", "a;b\n", ComparisonFormat.Csv).Counts!.Value.Absent);

    [Fact]
    public void Wide_text_is_refused_since_decoding_it_could_make_different_files_equal()
    {
        byte[] one = [0, 0, 0xFE, 0xFF, 0, 0, 0, (byte)'a', 0x22, 0, 0, 0, 0, 0, 0, (byte)'\n'];
        byte[] two = [.. one];
        two[8] = 0x23;
        foreach (ComparisonFormat format in (ComparisonFormat[])[ComparisonFormat.Csv, ComparisonFormat.JsonLines])
        {
            string error = Assert.Throws<ComparisonException>(() => CaseFiles.Compare(one, two, format)).Message;
            Assert.EndsWith("is UTF-16 or UTF-32, and only UTF-8 is read", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Columns_that_differ_are_named()
    {
        ComparisonResult result = CaseFiles.Compare("id,old,x\n1,2,3\n", "id,new,x\n1,2,3\n", ComparisonFormat.Csv);
        Assert.StartsWith("columns differ: new 'new'; absent 'old'; 1 updated of 2 rows", result.Reason, StringComparison.Ordinal);
        ComparisonResult order = CaseFiles.Compare("a,b\n", "b,a\n", ComparisonFormat.Csv);
        Assert.StartsWith("columns in another order or number", order.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b\n1,\"2\n")]
    [InlineData("a,b\n1,2\"2\n")]
    [InlineData("a,b\n1,\"2\"2\n")]
    public void A_quote_in_the_wrong_place_is_an_error(string candidate)
    {
        string error = Assert.Throws<ComparisonException>(
            () => CaseFiles.Compare("a,b\n1,2\n", candidate, ComparisonFormat.Csv)).Message;
        Assert.Contains("candidate.txt: row 2 is not valid CSV near byte", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_utf8_is_compared_by_its_bytes()
    {
        foreach (ComparisonFormat format in (ComparisonFormat[])[ComparisonFormat.Text, ComparisonFormat.Csv])
            Assert.False(CaseFiles.Compare([(byte)'a', 0xFF, (byte)'\n'], [(byte)'a', 0xFE, (byte)'\n'], format).Same);
    }

    private static ComparisonCounts AlignJsonLines(CaseFiles files, int bufferSize)
    {
        using JsonLineReader left = new(files.Baseline, bufferSize);
        using JsonLineReader right = new(files.Candidate, bufferSize);
        using SequenceAligner aligner = new(left, right, limit: 255);
        return aligner.Align();
    }

    /// <summary>JSON in one line: its blanks may be carriage returns, which end no line here.</summary>
    private static string OneLine(string json) => json.Replace("\n", " ", StringComparison.Ordinal);

    /// <summary>What survives the way through UTF-8; at least one field a row.</summary>
    private static string[][] Table(NonNull<string>[][] rows) =>
        [.. rows.Select(row => (string[])["f", .. row.Select(field => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(field.Get)))])];

    private static string Csv(string[][] table, char separator, Func<string, bool> wantsQuotes) =>
        string.Concat(table.Select(row => string.Join(separator, row.Select(field => Field(field, wantsQuotes))) + "\n"));

    private static string Field(string value, Func<string, bool> wantsQuotes)
    {
        bool must = value.AsSpan().IndexOfAny(s_special) >= 0;
        return must || wantsQuotes(value) ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;
    }
}
