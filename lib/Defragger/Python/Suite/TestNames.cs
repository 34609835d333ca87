namespace Defragger.Python.Suite;

/// <summary>Names the tests that a report leaves without one.</summary>
internal static class TestNames
{
    /// <summary>The entries, all with a name: that of the test which follows the same neighbour in the other run. Where that
    /// has no name either, or is another test here, it is told by its neighbour.</summary>
    /// <remarks>Both runs meet the same tests in the same order. O(n).</remarks>
    public static IReadOnlyList<TestEntry> Complete(IReadOnlyList<TestEntry> entries, IReadOnlyList<TestEntry> other)
    {
        if (entries.All(one => one.Name != null)) return entries;
        var known = entries.Where(one => one.Name != null).Select(one => one.Name!).ToHashSet(StringComparer.Ordinal);
        Dictionary<string, string> followers = Followers(other);
        var named = new List<TestEntry>(entries.Count);
        string previous = "";
        foreach (TestEntry one in entries)
        {
            string name = one.Name ?? (followers.TryGetValue(previous, out string? found) && known.Add(found)
                ? found
                : previous.Length == 0 ? "(the first test)" : $"(the test after {previous})");
            named.Add(one with { Name = name });
            previous = name;
        }
        return named;
    }

    // By the neighbour's name; "" is before the first.
    private static Dictionary<string, string> Followers(IReadOnlyList<TestEntry> entries)
    {
        var followers = new Dictionary<string, string>(StringComparer.Ordinal);
        string? previous = "";
        foreach (TestEntry one in entries)
        {
            if (previous != null && one.Name != null) followers.TryAdd(previous, one.Name);
            previous = one.Name;
        }
        return followers;
    }
}
