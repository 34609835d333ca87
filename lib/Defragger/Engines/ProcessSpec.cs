namespace Defragger.Engines;

/// <summary>What one case process is: a program, its arguments and the bounds it runs under.</summary>
/// <remarks>Arguments are handed to the kernel as given; no shell reads them.</remarks>
public sealed record ProcessSpec
{
    /// <summary>The largest <see cref="CaptureLimit"/>, 64 MiB.</summary>
    public const int MaxCaptureLimit = 64 * 1024 * 1024;

    /// <summary>The program: a path, or a name that is looked up in PATH.</summary>
    public required string Program { get; init; }

    /// <summary>The arguments after the program's name.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The directory the process starts in; null for the launcher's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Time after which the process and all that it started are ended; null for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Time between SIGTERM and SIGKILL once <see cref="Timeout"/> is over.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Bytes that the case's own cgroup may hold, where one can be made; null for no limit.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>The kernel's out-of-memory preference for the case, -1000 to 1000: a case dies before the run. Going
    /// below the launcher's own takes privilege and is left undone without.</summary>
    public int OomScoreAdjust { get; init; } = 500;

    /// <summary>Bytes kept of each of standard output and standard error: the first half and the last half, with
    /// a line between them that says how much is left out. At most <see cref="MaxCaptureLimit"/>.</summary>
    public int CaptureLimit { get; init; } = 64 * 1024;
}
