namespace Defragger.Files;

/// <summary>A file that one at a time holds, among threads and among processes, and that is gone when it is let go.</summary>
/// <remarks>Advisory (flock): it keeps out those who ask for it. The system lets go for a process that dies; its file stays,
/// and stands in nobody's way.</remarks>
internal static class LockFile
{
    private const int WouldBlock = 11; // EAGAIN: flock tells that another one holds it
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits for the file, and holds it until the result is disposed of.</summary>
    /// <param name="path">Full path; its folder exists.</param>
    /// <param name="patience">How long it is waited for; zero asks once.</param>
    /// <returns>What is to be disposed of; null when another one holds the file all the while.</returns>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public static FileStream? TryEnter(string path, TimeSpan patience)
    {
        long begin = Environment.TickCount64;
        while (true)
        {
            if (TryOpen(path) is FileStream held)
            {
                if (HasName(held)) return held;
                held.Dispose();
            }
            else if (Environment.TickCount64 - begin >= patience.TotalMilliseconds)
            {
                return null;
            }
            else
            {
                Thread.Sleep(s_pause);
            }
        }
    }

    /// <summary>Whether someone holds the file now.</summary>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public static bool IsHeld(string path)
    {
        try
        {
            using var free = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            return true;
        }
    }

    private static FileStream? TryOpen(string path)
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
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            return null;
        }
    }

    // Opened before its last holder removed it, locked after: such a file keeps nobody out, the next one makes another.
    private static bool HasName(FileStream held) =>
        new FileInfo($"/proc/self/fd/{held.SafeFileHandle.DangerousGetHandle()}").LinkTarget is string name
        && !name.EndsWith(" (deleted)", StringComparison.Ordinal);
}
