namespace Defragger.Comparers.Differences;

/// <summary>What became of a finding, a value, a record or a line that is not the same on both sides.</summary>
public enum DifferenceKind
{
    /// <summary>Only the candidate has it.</summary>
    New,

    /// <summary>Only the baseline has it.</summary>
    Absent,

    /// <summary>Both have it, and it says something else.</summary>
    Updated,

    /// <summary>Both have it, and it says the same, on another line or in another file.</summary>
    Moved,

    /// <summary>A rule or a tolerance covers the difference.</summary>
    Ignored,

    /// <summary>Two runs of the baseline differ in the same place.</summary>
    Noise,
}

/// <summary>One difference of a case, as much of it as a person needs to recognise it.</summary>
/// <remarks>A case keeps a few of them, of each kind those that stand first in the files: New, Absent, Updated, Moved, Ignored,
/// Noise, in this order. Its counts are of all. Text is the data's own: it may hold control characters and markup, and whoever
/// shows it has to take care of them.</remarks>
public sealed record Difference
{
    /// <summary>What became of it.</summary>
    public required DifferenceKind Kind { get; init; }

    /// <summary>Where it is, in the candidate if it has it, else in the baseline: "src/a.c:12" for a finding, "items/3/time" for a
    /// value, "id=17" for a record by its key, "line 12", "row 7" or "byte 4096".</summary>
    public required string Place { get; init; }

    /// <summary>Where it is in the baseline; null where that is the same place, or where only one side has it.</summary>
    public string? From { get; init; }

    /// <summary>The id of the rule, for a finding that has one.</summary>
    public string? Rule { get; init; }

    /// <summary>The file that a finding is in.</summary>
    public string? File { get; init; }

    /// <summary>The line of a finding in its file, or of a record or text in the compared file, from 1.</summary>
    public long? Line { get; init; }

    /// <summary>What the baseline says; null where it has nothing there. Long text is cut, around its first difference, with "…".</summary>
    public string? Before { get; init; }

    /// <summary>What the candidate says; null where it has nothing there.</summary>
    public string? After { get; init; }
}
