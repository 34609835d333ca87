using Defragger.Reports;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Reports;

public class TextDifferenceProperties
{
    private static Gen<string[]> Lines { get; } = Gen.Elements("a", "b", "c word", "c other word", "", "é\ud83d\ude00").ArrayOf();

    [Property(MaxTest = 300)]
    public Property Every_line_stands_where_it_is_and_what_is_left_out_is_equal() => Prop.ForAll(Lines.ToArbitrary(), Lines.ToArbitrary(), (left, right) =>
    {
        using var directory = new TemporaryDirectory();
        string a = directory.Write("a", string.Concat(left.Select(line => line + "\n"))), b = directory.Write("b", string.Concat(right.Select(line => line + "\n")));
        TextDifference? difference = TextDifference.Of("case", a, b);
        if (left.SequenceEqual(right))
        {
            Assert.Null(difference);
            return;
        }
        SideRow[] rows = [.. difference!.Rows.OfType<SideRow>()];
        string[] all = left, others = right;
        foreach (SideRow row in rows)
        {
            if (row.Left != null) Assert.Equal(all[(int)row.LeftNumber! - 1], string.Concat(row.Left));
            if (row.Right != null) Assert.Equal(others[(int)row.RightNumber! - 1], string.Concat(row.Right));
            if (row.IsSame) Assert.Equal(all[(int)row.LeftNumber! - 1], others[(int)row.RightNumber! - 1]);
        }
        var shownLeft = rows.Where(row => row.Left != null).Select(row => row.LeftNumber!.Value - 1).ToHashSet();
        var shownRight = rows.Where(row => row.RightNumber != null).Select(row => row.RightNumber!.Value - 1).ToHashSet();
        Assert.Equal(all.Where((_, i) => !shownLeft.Contains(i)), others.Where((_, i) => !shownRight.Contains(i)));
    });

    [Fact]
    public void A_difference_far_inside_is_shown_with_its_line()
    {
        using var directory = new TemporaryDirectory();
        string[] lines = [.. Enumerable.Range(1, 200_000).Select(i => $"line {i} of many")];
        string a = directory.Write("a", string.Join('\n', lines));
        lines[150_000 - 1] = "line 150000 of few";
        string b = directory.Write("b", string.Join('\n', lines));
        TextDifference difference = TextDifference.Of("case", a, b)!;
        SideRow row = Assert.Single(difference.Rows.OfType<SideRow>(), row => !row.IsSame);
        Assert.Equal(150_000, row.LeftNumber);
        Assert.Equal(["line 150000 of ", "many"], row.Left!);
        Assert.Equal(["line 150000 of ", "few"], row.Right!);
    }

    [Fact]
    public void A_long_line_is_shown_around_what_changed()
    {
        using var directory = new TemporaryDirectory();
        string before = string.Concat(Enumerable.Repeat("word ", 200));
        TextDifference difference = TextDifference.Of("case", directory.Write("a", before + "old " + before), directory.Write("b", before + "new " + before))!;
        SideRow row = Assert.Single(difference.Rows)!;
        Assert.Equal("old", row.Left![1]);
        Assert.True(row.Left.Sum(piece => piece.Length) < 1000);
    }

    [Fact]
    public void Bytes_are_no_text()
    {
        using var directory = new TemporaryDirectory();
        Assert.Null(TextDifference.Of("case", directory.Write("a", "a\0b"), directory.Write("b", "a\0c")));
    }
}
