using Defragger.Files;

namespace Defragger.Python;

/// <summary>A folder for what is not whole yet, beside the place where it will go: on the same file system, so that one rename
/// places it.</summary>
/// <remarks>It is gone with its owner. One whose owner was killed is known by its lock, which nobody holds: the next
/// owner beside it removes it.</remarks>
internal sealed class ScratchFolder : IDisposable
{
    private const string Mark = ".defragger-";
    private const string LockName = "lock";

    // Between the making of a folder and that of its lock a process may stand still, but not this long.
    private static readonly TimeSpan s_unlocked = TimeSpan.FromMinutes(10);
    private readonly FileStream _lock;

    /// <param name="parent">The folder to make it in; made where needed.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public ScratchFolder(string parent)
    {
        Directory.CreateDirectory(parent);
        RemoveStale(parent);
        FullPath = Path.Combine(parent, Mark + Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal));
        PrivatePath.CreateFolder(FullPath);
        _lock = PrivatePath.OpenFile(Path.Combine(FullPath, LockName), FileMode.CreateNew);
    }

    /// <summary>Full path.</summary>
    public string FullPath { get; }

    /// <summary>Full path of something inside.</summary>
    public string this[string name] => Path.Combine(FullPath, name);

    /// <inheritdoc/>
    public void Dispose()
    {
        _lock.Dispose();
        Remove(FullPath);
    }

    private static void RemoveStale(string parent)
    {
        foreach (string folder in Directory.GetDirectories(parent, Mark + "*"))
        {
            try
            {
                string path = Path.Combine(folder, LockName);
                if (!File.Exists(path) && DateTime.UtcNow - Directory.GetLastWriteTimeUtc(folder) < s_unlocked) continue;
                using (PrivatePath.OpenFile(path, FileMode.OpenOrCreate)) Remove(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Held by its owner, or another user's.
            }
        }
    }

    /// <summary>Removes a folder. What cannot be removed is left for the next owner.</summary>
    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that somebody else has made there, or a file system that fails.
        }
    }
}
