namespace Defragger.Bench.Malloc;

/// <summary>What a workload runs under: a column of its table.</summary>
internal sealed record Setting(string Name, Allocator Allocator, string[] Environment)
{
    /// <summary>Python as it is: its own allocator for small objects, the C library's below.</summary>
    public const string Stock = "stock";

    // Otherwise dictionaries are laid out, and collide, differently in each run.
    private const string SameHashes = "PYTHONHASHSEED=0";

    /// <summary>A C program under each allocator.</summary>
    public static List<Setting> ForC(IEnumerable<Allocator> allocators) =>
        [.. allocators.Select(one => new Setting(one.Name, one, []))];

    /// <summary>Python as it is, then with every object from each allocator.</summary>
    public static List<Setting> ForPython(IReadOnlyList<Allocator> allocators) =>
    [
        new(Stock, allocators.First(one => one.Library == null), [SameHashes]),
        .. allocators.Select(one => new Setting(one.Name, one, [SameHashes, "PYTHONMALLOC=malloc"])),
    ];

    public IEnumerable<string> Words => [.. Environment, .. Allocator.Environment];
}
