namespace Defragger.Comparers;

/// <summary>Says what happened to the columns of two tables, from their first rows.</summary>
internal static class CsvColumns
{
    private const int MostNames = 5;
    private const int LongestName = 40;

    /// <summary>A sentence, or null when the columns are equal.</summary>
    public static string? Describe(IReadOnlyList<string> baseline, IReadOnlyList<string> candidate)
    {
        if (baseline.SequenceEqual(candidate))
            return null;
        List<string> added = Missing(candidate, from: baseline);
        List<string> absent = Missing(baseline, from: candidate);
        if (added.Count + absent.Count == 0)
            return "columns in another order or number";
        IEnumerable<string> parts = [.. Part("new", added), .. Part("absent", absent)];
        return $"columns differ: {string.Join("; ", parts)}";
    }

    private static List<string> Missing(IReadOnlyList<string> names, IReadOnlyList<string> from)
    {
        HashSet<string> known = [.. from];
        return [.. names.Where(name => !known.Contains(name)).Distinct()];
    }

    private static IEnumerable<string> Part(string what, List<string> names)
    {
        if (names.Count == 0)
            yield break;
        string more = names.Count > MostNames ? $" and {names.Count - MostNames} more" : "";
        yield return $"{what} {string.Join(", ", names.Take(MostNames).Select(Quote))}{more}";
    }

    private static string Quote(string name) =>
        $"'{(name.Length <= LongestName ? name : name[..LongestName] + "…").ReplaceLineEndings(" ")}'";
}
