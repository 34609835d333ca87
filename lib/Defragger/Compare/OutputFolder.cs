using Defragger.Files;

namespace Defragger.Compare;

/// <summary>The directory that a run writes to, and the only one: its files by name, and the lock that keeps two runs
/// from writing to it at once.</summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly FileStream _lock;

    /// <summary>Makes the directory where needed and takes its lock.</summary>
    /// <param name="path">Full path of the directory.</param>
    /// <exception cref="IOException">It cannot be made or written, or another run holds it.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made or written.</exception>
    public OutputFolder(string path)
    {
        FullPath = path;
        Directory.CreateDirectory(path);
        _lock = Lock(LockOf(path));
        // What an earlier run was asked to change is not meant for this one.
        File.Delete(ControlOf(path));
    }

    /// <summary>The directory.</summary>
    public string FullPath { get; }

    /// <summary>The journal.</summary>
    public string Journal => JournalOf(FullPath);

    /// <summary>The file that tells how the run ended.</summary>
    public string End => EndOf(FullPath);

    /// <summary>The file by which the run is told to change while it goes on.</summary>
    public string Control => ControlOf(FullPath);

    /// <summary>The file that tells what the run was asked.</summary>
    public string Record => RecordOf(FullPath);

    /// <summary>The memory samples.</summary>
    public string MemorySamples => SamplesOf(FullPath);

    /// <summary>The graph of memory over the run.</summary>
    public string MemoryGraph => Path.Combine(FullPath, "memory.svg");

    /// <summary>What failed comparers printed.</summary>
    public CaseLogs Logs => new(Path.Combine(FullPath, "logs"));

    public void Dispose() => _lock.Dispose();

    /// <summary>The control file of a run that writes to a directory; null when no run does.</summary>
    /// <param name="path">Full path of the directory.</param>
    public static string? ControlOfRun(string path) => IsInUse(path) ? ControlOf(path) : null;

    /// <summary>Whether a run writes to a directory now.</summary>
    /// <param name="path">Full path of the directory.</param>
    public static bool IsInUse(string path) => LockFile.IsHeld(LockOf(path));

    /// <summary>The journal of the run that a directory is of.</summary>
    /// <param name="path">Full path of the directory.</param>
    public static string JournalOf(string path) => Path.Combine(path, "journal.jsonl");

    /// <summary>The file that tells how the run ended that a directory is of.</summary>
    /// <param name="path">Full path of the directory.</param>
    public static string EndOf(string path) => Path.Combine(path, "end.json");

    /// <summary>The file that tells what the run was asked that a directory is of.</summary>
    /// <param name="path">Full path of the directory.</param>
    public static string RecordOf(string path) => Path.Combine(path, "run.json");

    /// <summary>The memory samples of the run that a directory is of.</summary>
    /// <param name="path">Full path of the directory.</param>
    public static string SamplesOf(string path) => Path.Combine(path, "memory.csv");

    private static string LockOf(string path) => Path.Combine(path, "run.lock");

    private static string ControlOf(string path) => Path.Combine(path, "control.json");

    // Who only asks whether a run writes to it holds the lock for a moment.
    private static FileStream Lock(string path) => LockFile.TryEnter(path, TimeSpan.FromMilliseconds(200))
        ?? throw new IOException($"another run writes to it ('{path}' is locked).");
}
