using System.Text;
using Defragger.Compare;
using Defragger.Comparers.Differences;
using Defragger.Diff;
using Defragger.Measure;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Diff;

public class DiffProperties
{
    private const int All = 1000;

    private static Arbitrary<string[]> Texts { get; } =
        Gen.Elements("a", "b", "c", "", "one two", "one three", "\u001b[31m", "x\r", "é").ArrayOf().ToArbitrary();

    [Property(MaxTest = 300)]
    public Property With_all_lines_around_it_a_difference_holds_both_files() => Prop.ForAll(Texts, Texts, Gen.Choose(1, 6).ToArbitrary(), (before, after, window) =>
    {
        List<DiffLine> lines = Diff(Join(before), Join(after), All, window);
        if (before.SequenceEqual(after))
        {
            Assert.Empty(lines);
            return;
        }
        // What follows the last difference closely enough is told; All is more than there is.
        Assert.Equal(before, TextsOf(lines, DiffLineKind.Removed));
        Assert.Equal(after, TextsOf(lines, DiffLineKind.Added));
        Assert.Equal(Enumerable.Range(1, before.Length).Select(i => (long?)i), lines.Where(one => one.Kind is DiffLineKind.Removed or DiffLineKind.Context).Select(one => one.BaselineLine));
        Assert.Equal(Enumerable.Range(1, after.Length).Select(i => (long?)i), lines.Where(one => one.Kind is DiffLineKind.Added or DiffLineKind.Context).Select(one => one.CandidateLine));
    });

    [Property(MaxTest = 200)]
    public Property Less_around_it_changes_nothing_of_the_difference() => Prop.ForAll(Texts, Texts, Gen.Choose(0, 3).ToArbitrary(), (before, after, context) =>
    {
        List<DiffLine> all = Diff(Join(before), Join(after), All), some = Diff(Join(before), Join(after), context);
        Assert.Equal(Changes(all), Changes(some));
        // A line of the context stands at most so far from a change.
        for (int i = 0; i < some.Count; i++)
        {
            if (some[i].Kind != DiffLineKind.Context) continue;
            Assert.Contains(some.Skip(Math.Max(0, i - context)).Take(2 * context + 1), one => one.Kind is DiffLineKind.Removed or DiffLineKind.Added);
        }
    });

    [Property(MaxTest = 300)]
    public Property What_is_not_marked_is_the_same_on_both_sides() => Prop.ForAll(
        Gen.Elements("one", " ", "two", ".", "three", "=", "é", "").ArrayOf().Select(string.Concat).Two().ToArbitrary(), pair =>
        {
            (IReadOnlyList<TextMark> left, IReadOnlyList<TextMark> right) = WordMarks.Of(pair.Item1, pair.Item2);
            if (left.Count + right.Count == 0) return;
            Assert.Equal(Unmarked(pair.Item1, left), Unmarked(pair.Item2, right));
        });

    [Property(MaxTest = 500)]
    public Property No_character_of_the_data_steers_the_terminal() => Prop.ForAll(ArbMap.Default.ArbFor<string>(), ArbMap.Default.ArbFor<bool>(), (text, marked) =>
    {
        text ??= "";
        string data = text + "\u001b[2J\u0007\u009b1m\u202e\u2028\ud800\0\t\r\n\u007f\U000e0041";
        var line = new DiffLine { Case = "a", Kind = DiffLineKind.Context, Text = data, Marks = marked ? [new TextMark(0, data.Length)] : [] };
        foreach (string shown in new[] { line.ToString(), line.ToAnsi().Replace("\u001b[7m", "").Replace("\u001b[27m", "") })
            Assert.True(VisibleText.IsPlain(shown), shown);
        Assert.Equal(" plain (text) = 'é' \ud83d\ude00", (line with { Text = "plain (text) = 'é' \ud83d\ude00", Marks = [] }).ToString());
    });

    [Theory]
    [InlineData("a\n", "a", 1, 1)] // the end of the last line
    [InlineData("a\n", "a\r\n", 1, 1)]
    [InlineData("", "a\n", 0, 1)]
    [InlineData("a\n", "", 1, 0)]
    [InlineData("a\nb\nc\n", "a\nx\nc\n", 1, 1)]
    [InlineData("a\nb\n", "a\nb\n", 0, 0)]
    public void The_lines_that_differ(string before, string after, int removed, int added)
    {
        List<DiffLine> lines = Diff(before, after, 3);
        Assert.Equal((removed, added), (lines.Count(one => one.Kind == DiffLineKind.Removed), lines.Count(one => one.Kind == DiffLineKind.Added)));
    }

    [Fact]
    public void Bytes_that_are_no_text_and_the_far_end_of_a_long_line_differ_too()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory["b"], [0xff, (byte)'\n', .. Enumerable.Repeat((byte)'x', 100_000), 1, (byte)'\n']);
        File.WriteAllBytes(directory["c"], [0xfe, (byte)'\n', .. Enumerable.Repeat((byte)'x', 100_000), 2, (byte)'\n']);
        using var diff = new TextDiff("a", directory["b"], directory["c"], 0);
        DiffLine[] lines = [.. diff.Lines().Where(one => one.Kind != DiffLineKind.Place)];
        Assert.Equal([DiffLineKind.Removed, DiffLineKind.Removed, DiffLineKind.Added, DiffLineKind.Added], lines.Select(one => one.Kind));
        Assert.Contains("95,905 more bytes", lines[1].Text, StringComparison.Ordinal);
        Assert.True(lines[1].Text.Length < 5000);
    }

    [Fact]
    public void Files_that_have_nothing_in_common_take_seconds_at_most()
    {
        string before = string.Concat(Enumerable.Range(0, 3 * TextDiff.Window).Select(i => $"old {i}\n"));
        string after = string.Concat(Enumerable.Range(0, 3 * TextDiff.Window).Select(i => $"new {i}\n"));
        TimeSpan began = ThreadClock.Now();
        Assert.Equal(6 * TextDiff.Window, Diff(before, after, 3).Count(one => one.Kind != DiffLineKind.Place));
        TimeSpan taken = ThreadClock.Now() - began;
        TestContext.Current.TestOutputHelper!.WriteLine($"{taken.TotalSeconds:0.00} s");
        Assert.True(taken < TimeSpan.FromSeconds(60), $"{taken}");
    }

    [Fact]
    public void A_case_is_told_with_what_was_left_out_and_what_is_not_as_it_was()
    {
        using var directory = new TemporaryDirectory();
        string before = directory.Write("b.txt", string.Concat(Enumerable.Range(0, 100).Select(i => $"{i}\n")));
        string after = directory.Write("c.txt", string.Concat(Enumerable.Range(0, 100).Select(i => $"{-i}\n")));
        var result = new CaseResult { Case = "c.txt", Status = CaseStatus.Changed, Reason = "99 updated", BaselinePath = before, CandidatePath = after };
        List<DiffLine> lines = [.. CaseDiff.Of(result, new DiffOptions(3, 10, AsText: false))];
        Assert.Equal(["c.txt: Changed, 99 updated", $"--- {before}", $"+++ {after}"], lines.Where(one => one.Kind == DiffLineKind.Heading).Select(one => one.Text));
        Assert.Equal(3 + 10 + 1, lines.Count);
        Assert.Contains("-MaxLine", lines[^1].Text, StringComparison.Ordinal);

        result = result with { Ended = DateTimeOffset.UtcNow.AddDays(-1), CandidatePath = directory["none"] };
        string[] notes = [.. CaseDiff.Of(result, new DiffOptions(3, 1000, AsText: false)).Where(one => one.Kind == DiffLineKind.Note).Select(one => one.Text)];
        Assert.Equal([$"'{before}' was written to since it was compared", $"'{directory["none"]}' is gone since it was compared"], notes);
    }

    [Fact]
    public void Findings_and_values_are_told_one_by_one_and_those_that_were_not_kept_are_counted()
    {
        using var directory = new TemporaryDirectory();
        string before = directory.Write("a.json", """{"n":1,"gone":true,"text":"one two"}"""), after = directory.Write("b.json", """{"n":1,"text":"one three","new":[]}""");
        var result = new CaseResult { Case = "a.json", Status = CaseStatus.Changed, BaselinePath = before, CandidatePath = after, New = 1, Absent = 1, Updated = 1 };
        DiffLine[] lines = [.. CaseDiff.Of(result, new DiffOptions(3, 100, AsText: false)).Where(one => one.Kind != DiffLineKind.Heading)];
        Assert.Equal(
            ["New     new", "+[]", "Absent  gone", "-true", "Updated text", "-\"one two\"", "+\"one three\""],
            lines.Select(one => one.ToString()));
        Assert.Equal("two", lines[5].Text.Substring(lines[5].Marks[0].Start, lines[5].Marks[0].Length));

        // What the run kept is shown, also when the files are gone.
        result = result with
        {
            BaselinePath = directory["none"], CandidatePath = null, Moved = 5,
            Differences =
            [
                new Difference { Kind = DifferenceKind.Moved, Place = "a.c:2", From = "a.c:1", Rule = "R", Before = "m", After = "m" },
                new Difference { Kind = DifferenceKind.New, Place = "a.c:3", Rule = "R", After = "\u001b[2J" },
                new Difference { Kind = DifferenceKind.Updated, Place = "a.c:4", Rule = "R", Before = "m", After = "m" },
            ],
        };
        lines = [.. CaseDiff.Of(result, new DiffOptions(3, 100, AsText: false)).Where(one => one.Kind != DiffLineKind.Heading)];
        Assert.Equal(["Moved   R a.c:2 (from a.c:1)", "New     R a.c:3", "+\u241b[2J", "Updated R a.c:4", " m"], lines[1..^2].Select(one => one.ToString()));
        Assert.Contains("5 more differences", lines[^1].Text, StringComparison.Ordinal);
    }

    private static string Join(string[] lines) => string.Concat(lines.Select(line => line + "\n"));

    private static IEnumerable<string> TextsOf(List<DiffLine> lines, DiffLineKind side) =>
        lines.Where(one => one.Kind == side || one.Kind == DiffLineKind.Context).Select(one => one.Text);

    private static IEnumerable<(DiffLineKind, long?, long?, string)> Changes(List<DiffLine> lines) => lines
        .Where(one => one.Kind is DiffLineKind.Removed or DiffLineKind.Added).Select(one => (one.Kind, one.BaselineLine, one.CandidateLine, one.Text));

    private static string Unmarked(string text, IReadOnlyList<TextMark> marks)
    {
        var rest = new StringBuilder();
        int at = 0;
        foreach (TextMark mark in marks)
        {
            Assert.True(mark.Start >= at && mark.Length > 0 && mark.Start + mark.Length <= text.Length);
            rest.Append(text, at, mark.Start - at);
            at = mark.Start + mark.Length;
        }
        return rest.Append(text, at, text.Length - at).ToString();
    }

    private static List<DiffLine> Diff(string before, string after, int context, int window = TextDiff.Window)
    {
        using var directory = new TemporaryDirectory();
        using var diff = new TextDiff("a", directory.Write("b", before), directory.Write("c", after), context, window);
        return [.. diff.Lines()];
    }
}
