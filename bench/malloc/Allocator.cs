namespace Defragger.Bench.Malloc;

/// <summary>A malloc that a program can be started under.</summary>
/// <param name="Name">Its column in the tables.</param>
/// <param name="Library">What LD_PRELOAD names; null for the C library's own.</param>
/// <param name="Settings">The environment that it is started with, beside LD_PRELOAD.</param>
/// <param name="Package">The package of the distribution that has it; null for ours.</param>
internal sealed record Allocator(string Name, string? Library, string[] Settings, string? Package)
{
    public const string Ours = "defragger", Glibc = "glibc";
    private const string OurLibrary = "artifacts/native/libdefragger.so";

    /// <summary>All that take part, those that are not here too.</summary>
    /// <param name="root">The repository.</param>
    public static IReadOnlyList<Allocator> All(string root) =>
    [
        new(Glibc, null, [], "libc6"),
        new("jemalloc", "libjemalloc.so.2", [], "libjemalloc2"),
        // As shipped it decays over ten seconds, and the tables look after two: what it can do when it is asked to.
        new("jemalloc-bg", "libjemalloc.so.2",
            ["MALLOC_CONF=background_thread:true,dirty_decay_ms:500,muzzy_decay_ms:0"], "libjemalloc2"),
        new("mimalloc", "libmimalloc.so.2", [], "libmimalloc2.0"),
        new("tcmalloc", "libtcmalloc_minimal.so.4", [], "libtcmalloc-minimal4"),
        new(Ours, Path.Combine(root, OurLibrary), [], null),
    ];

    /// <summary>With the library's full path; null if it is not on this machine.</summary>
    public Allocator? Found()
    {
        if (Library == null) return this;
        string? path = Folders().Select(folder => Path.Combine(folder, Library)).FirstOrDefault(File.Exists);
        return path == null ? null : this with { Library = path };
    }

    /// <summary>What to do about it when it is not found.</summary>
    public string Remedy => Package == null ? $"{OurLibrary} does not exist: ./defrag build makes it" : $"apt-get install {Package}";

    /// <summary>The words for env(1) that start a program under it.</summary>
    public IEnumerable<string> Environment => Library == null ? Settings : [.. Settings, $"LD_PRELOAD={Library}"];

    // Debian's folders first, then those of other distributions. A full path stays what it is in any of them.
    private static IEnumerable<string> Folders() =>
    [
        .. Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu").Order(StringComparer.Ordinal),
        "/usr/lib64", "/usr/lib", "/usr/local/lib",
    ];
}
