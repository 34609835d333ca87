namespace Defragger.Engines;

/// <summary>How the peak memory of a case was measured.</summary>
public enum PeakSource
{
    /// <summary>Not measured: the case did not start.</summary>
    None,

    /// <summary><c>ru_maxrss</c> of wait4: the largest single process of the case.</summary>
    Rusage,

    /// <summary>The high-water mark of the case's own cgroup: all its processes together, with page cache.</summary>
    Cgroup,

    /// <summary>The most that all its processes together were seen to hold, ten times a second; more than any one of them had.</summary>
    Sampled,
}

/// <summary>How one case process ended and what it used.</summary>
public sealed record ProcessReport
{
    /// <summary>The exit code, or null when a signal ended the process or it did not start.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended the process, or null.</summary>
    public int? Signal { get; init; }

    /// <summary>The time limit ended the case.</summary>
    public bool TimedOut { get; init; }

    /// <summary>A cancellation ended the case.</summary>
    public bool Cancelled { get; init; }

    /// <summary>The kernel killed a process of the case for want of memory. Certain when <see cref="MemoryLimited"/>;
    /// otherwise a SIGKILL of unknown origin while the machine's count of such kills grew.</summary>
    public bool OutOfMemory { get; init; }

    /// <summary>Why the process could not be started, or why nothing is known of its end (the launcher was lost);
    /// null when it ran to an end that the other members tell.</summary>
    public string? StartError { get; init; }

    /// <summary>The launcher itself died: nothing can be started with it any more.</summary>
    public bool LauncherLost { get; init; }

    /// <summary>Wall-clock time from start to end of the main process, on the monotonic clock.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Processor time in user mode of the case and the children it waited for.</summary>
    public TimeSpan UserTime { get; init; }

    /// <summary>Processor time in the kernel of the case and the children it waited for.</summary>
    public TimeSpan SystemTime { get; init; }

    /// <summary>The most memory the case held, in bytes, measured as <see cref="PeakSource"/> says.</summary>
    public long PeakMemory { get; init; }

    /// <summary>How <see cref="PeakMemory"/> was measured.</summary>
    public PeakSource PeakSource { get; init; }

    /// <summary>Whether a memory limit that was asked for is enforced; null when none was asked for.</summary>
    public bool? MemoryLimited { get; init; }

    /// <summary>Processes that outlived the case's main process (daemons) and were ended by the launcher.</summary>
    public int Strays { get; init; }

    /// <summary>What is kept of standard output; invalid UTF-8 is replaced.</summary>
    public string StandardOutput { get; init; } = "";

    /// <summary>Bytes the case wrote to standard output in all.</summary>
    public long StandardOutputLength { get; init; }

    /// <summary>What is kept of standard error; invalid UTF-8 is replaced.</summary>
    public string StandardError { get; init; } = "";

    /// <summary>Bytes the case wrote to standard error in all.</summary>
    public long StandardErrorLength { get; init; }
}
