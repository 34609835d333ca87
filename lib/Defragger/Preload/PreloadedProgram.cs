using System.Diagnostics;

namespace Defragger.Preload;

/// <summary>A program that is started with libdefragger.so in front of the C library's malloc.</summary>
public sealed record PreloadedProgram
{
    private const string Preload = "LD_PRELOAD";

    /// <summary>The program's path.</summary>
    public required string Program { get; init; }

    /// <summary>The path of libdefragger.so.</summary>
    public required string Library { get; init; }

    /// <summary>The program's arguments; no shell reads them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The directory that it starts in.</summary>
    public required string Directory { get; init; }

    /// <summary>It is a Python, whose own allocator for small objects shall leave them to malloc.</summary>
    public bool IsPython { get; init; }

    /// <summary>Settings of the malloc by variable, checked by <see cref="MallocSetting"/>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>How to start it: with the caller's streams and environment, and what belongs to the malloc.</summary>
    /// <exception cref="FormatException">The library's path cannot stand in LD_PRELOAD.</exception>
    public ProcessStartInfo StartInfo()
    {
        // ld.so(8): the list is separated by blanks or colons, and neither can be escaped.
        if (Library.AsSpan().IndexOfAny(' ', ':') >= 0)
            throw new FormatException($"LD_PRELOAD can hold no path with a blank or a colon, as '{Library}' has");
        var start = new ProcessStartInfo(Program, Arguments) { UseShellExecute = false, WorkingDirectory = Directory };
        start.Environment[Preload] = start.Environment.TryGetValue(Preload, out string? others) && !string.IsNullOrEmpty(others)
            ? $"{Library}:{others}" : Library;
        if (IsPython) start.Environment["PYTHONMALLOC"] = "malloc";
        foreach ((string name, string value) in Settings) start.Environment[name] = value;
        return start;
    }
}
