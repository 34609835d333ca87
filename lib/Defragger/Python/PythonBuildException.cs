namespace Defragger.Python;

/// <summary>A Python could not be built; nothing was placed at its destination.</summary>
public sealed class PythonBuildException : Exception
{
    internal PythonBuildException(string stage, string reason, BuildLog log, Exception? inner = null)
        : this(stage, reason, log.Path, log.ReadFailure(), inner)
    {
    }

    private PythonBuildException(
        string stage, string reason, string logPath, (string? First, IReadOnlyList<string> Tail) failure, Exception? inner)
        : base(Words(stage, reason, logPath, failure), inner) =>
        (Stage, FirstError, LogTail, LogPath) = (stage, failure.First, failure.Tail, logPath);

    /// <summary>The stage that failed, as in <see cref="DefragPython.Stages"/>.</summary>
    public string Stage { get; }

    /// <summary>The first line of the log that tells of an error; null when none does.</summary>
    public string? FirstError { get; }

    /// <summary>The last 40 lines of the log.</summary>
    public IReadOnlyList<string> LogTail { get; }

    /// <summary>Full path of the log.</summary>
    public string LogPath { get; }

    private static string Words(string stage, string reason, string logPath, (string? First, IReadOnlyList<string> Tail) failure)
    {
        List<string> lines = [$"{stage} failed: {reason}."];
        if (failure.First != null) lines.Add($"First error: {failure.First}");
        if (failure.Tail.Count > 0) lines.AddRange(["The last lines of the log:", .. failure.Tail.Select(line => "  " + line)]);
        lines.Add($"Log: {logPath}");
        return string.Join('\n', lines);
    }
}

/// <summary>A Python, a source, a folder or a machine that nothing can be built from or with; the message says why and what
/// to do. Nothing was placed.</summary>
public sealed class PythonRefusedException(PythonRefusal kind, string message, object? target) : Exception(message)
{
    /// <summary>What kind of refusal it is.</summary>
    public PythonRefusal Kind { get; } = kind;

    /// <summary>The value that is refused.</summary>
    public object? Target { get; } = target;
}

/// <summary>Why nothing can be built.</summary>
public enum PythonRefusal
{
    /// <summary>There is no such Python, or it does not run.</summary>
    NotFound,

    /// <summary>It is no CPython from 3.8 on with a global interpreter lock, or its installation was moved.</summary>
    NotSupported,

    /// <summary>A compiler, a header or a library is missing.</summary>
    ToolMissing,

    /// <summary>There is something at the destination already.</summary>
    DestinationExists,

    /// <summary>What is there was not made by a build.</summary>
    NotOurs,

    /// <summary>A source hashes to something else than it must.</summary>
    HashMismatch,

    /// <summary>The module is not whole.</summary>
    Incomplete,
}
