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
    public string Journal => Path.Combine(FullPath, "journal.jsonl");

    /// <summary>The file by which the run is told to change while it goes on.</summary>
    public string Control => ControlOf(FullPath);

    /// <summary>The memory samples.</summary>
    public string MemorySamples => Path.Combine(FullPath, "memory.csv");

    /// <summary>The graph of memory over the run.</summary>
    public string MemoryGraph => Path.Combine(FullPath, "memory.svg");

    /// <summary>What failed comparers printed.</summary>
    public CaseLogs Logs => new(Path.Combine(FullPath, "logs"));

    public void Dispose() => _lock.Dispose();

    /// <summary>The control file of a run that writes to a directory; null when no run does.</summary>
    /// <param name="path">Full path of the directory.</param>
    public static string? ControlOfRun(string path)
    {
        if (!File.Exists(LockOf(path))) return null;
        try
        {
            // A lock that can be had is one that a killed run left behind.
            using var free = new FileStream(LockOf(path), FileMode.Open, FileAccess.Read, FileShare.None);
            return null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (IOException)
        {
            return ControlOf(path);
        }
    }

    private static string LockOf(string path) => Path.Combine(path, "run.lock");

    private static string ControlOf(string path) => Path.Combine(path, "control.json");

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose,
            });
        }
        catch (IOException e) when (e.GetType() == typeof(IOException) && File.Exists(path))
        {
            throw new IOException($"another run writes to it ('{path}' is locked).", e);
        }
    }
}
