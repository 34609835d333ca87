using System.Globalization;

namespace Defragger.Comparers;

/// <summary>How many findings, records or leaves went which way.</summary>
/// <remarks>
/// Invariants, for every format that counts:
/// 1. Unchanged + Updated + Moved + Absent is what the baseline holds.
/// 2. Unchanged + Updated + Moved + New is what the candidate holds.
/// But for what is Ignored, covered by a rule or a tolerance, and what is Noise: it is counted there and nowhere else.
/// </remarks>
internal readonly record struct ComparisonCounts(
    long New, long Absent, long Updated, long Unchanged, long Moved = 0, long Ignored = 0, long Noise = 0)
{
    public bool HasDifference => (New | Absent | Updated | Moved) != 0;

    /// <summary>The same comparison seen from the other side.</summary>
    /// <remarks>A method: a property of the record's own type would make its ToString endless.</remarks>
    public ComparisonCounts Swap() => this with { New = Absent, Absent = New };

    private long Total => New + Absent + Updated + Unchanged + Moved + Ignored + Noise;

    /// <summary>"3 new, 1 absent of 47 findings": what changed, out of everything seen on either side.</summary>
    public string Describe(string noun)
    {
        string total = Number(Total);
        if (!HasDifference && (Ignored | Noise) == 0)
            return Total == 0 ? $"no {noun} on either side" : $"all {total} {noun} unchanged";
        (long Count, string Name)[] kinds =
            [(New, "new"), (Absent, "absent"), (Updated, "updated"), (Moved, "moved"), (Ignored, "ignored"), (Noise, "noise")];
        IEnumerable<string> parts = kinds
            .Where(kind => kind.Count != 0)
            .Select(kind => $"{Number(kind.Count)} {kind.Name}");
        return $"{string.Join(", ", parts)} of {total} {noun}";
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
