using System.Globalization;
using System.Text;

namespace Defragger.Diff;

/// <summary>What a line of a difference is.</summary>
public enum DiffLineKind
{
    /// <summary>What is compared with what.</summary>
    Heading,

    /// <summary>Where the lines after it stand, or what a finding, value or record is.</summary>
    Place,

    /// <summary>Both sides have it.</summary>
    Context,

    /// <summary>The baseline has it.</summary>
    Removed,

    /// <summary>The candidate has it.</summary>
    Added,

    /// <summary>What is to be said of the comparison itself: what was left out, and why.</summary>
    Note,
}

/// <summary>A part of a line.</summary>
/// <param name="Start">Its first character, from 0.</param>
/// <param name="Length">Characters.</param>
public readonly record struct TextMark(int Start, int Length);

/// <summary>A line of what Format-DefragDifference shows.</summary>
public sealed record DiffLine
{
    private const string Reset = "\u001b[0m", Marked = "\u001b[7m", NotMarked = "\u001b[27m";

    /// <summary>The case.</summary>
    public required string Case { get; init; }

    /// <summary>What it is.</summary>
    public required DiffLineKind Kind { get; init; }

    /// <summary>The line's number in the baseline's file, from 1; null when it does not stand there.</summary>
    public long? BaselineLine { get; init; }

    /// <summary>The line's number in the candidate's file, from 1; null when it does not stand there.</summary>
    public long? CandidateLine { get; init; }

    /// <summary>The text as it stands in the file: untrusted, it may hold any character.</summary>
    public required string Text { get; init; }

    /// <summary>The parts of <see cref="Text"/> that the other side has otherwise; in order, and never one in another.</summary>
    public IReadOnlyList<TextMark> Marks { get; init; } = [];

    /// <summary>The line with colours, for a terminal. Characters of <see cref="Text"/> that would steer it are made visible.</summary>
    public string ToAnsi()
    {
        string colour = Kind switch
        {
            DiffLineKind.Heading => "\u001b[1m",
            DiffLineKind.Place => "\u001b[36m",
            DiffLineKind.Removed => "\u001b[31m",
            DiffLineKind.Added => "\u001b[32m",
            DiffLineKind.Note => "\u001b[33m",
            _ => "",
        };
        var line = new StringBuilder(colour).Append(Sign);
        int at = 0;
        foreach (TextMark mark in Marks)
        {
            VisibleText.Append(line, Text.AsSpan(at, mark.Start - at));
            line.Append(Marked);
            VisibleText.Append(line, Text.AsSpan(mark.Start, mark.Length));
            line.Append(NotMarked);
            at = mark.Start + mark.Length;
        }
        VisibleText.Append(line, Text.AsSpan(at));
        if (colour.Length > 0) line.Append(Reset);
        return line.ToString();
    }

    /// <summary>The line without colours, with every character visible.</summary>
    public override string ToString()
    {
        var line = new StringBuilder(Sign);
        VisibleText.Append(line, Text);
        return line.ToString();
    }

    private string Sign => Kind switch
    {
        DiffLineKind.Context => " ",
        DiffLineKind.Removed => "-",
        DiffLineKind.Added => "+",
        DiffLineKind.Note => "... ",
        DiffLineKind.Place when BaselineLine != null || CandidateLine != null =>
            string.Create(CultureInfo.InvariantCulture, $"@@ -{BaselineLine ?? 0} +{CandidateLine ?? 0} @@ "),
        _ => "",
    };
}
