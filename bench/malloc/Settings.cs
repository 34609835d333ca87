namespace Defragger.Bench.Malloc;

/// <summary>The settings of each part: the columns of its table.</summary>
internal static class Settings
{
    /// <summary>Python as it is: its own allocator for small objects, the C library's below.</summary>
    public const string Stock = "stock";

    /// <summary>A C program under each allocator.</summary>
    public static List<Setting> ForC(IEnumerable<Allocator> allocators) =>
        [.. allocators.Select(one => new Setting(one.Name, [.. one.Environment]))];

    /// <summary>Python as it is, then with every object from each allocator.</summary>
    public static List<Setting> ForPython(IReadOnlyList<Allocator> allocators) =>
    [
        new(Stock, [Setting.SameHashes, .. allocators.First(one => one.Library == null).Environment]),
        .. allocators.Select(one => new Setting(one.Name, [Setting.SameHashes, "PYTHONMALLOC=malloc", .. one.Environment])),
    ];
}
