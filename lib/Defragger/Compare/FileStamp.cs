namespace Defragger.Compare;

/// <summary>What tells that a file is the one seen before: its size and the time it was last written.</summary>
/// <param name="Size">Bytes; -1 when there is no such file.</param>
/// <param name="Written">Ticks (100 ns) of the last write, UTC; 0 when there is no such file.</param>
/// <remarks>As make and rsync tell it. Whoever rewrites a file with other bytes of the same length and sets the old time
/// again is not noticed; reading every byte of every file again would cost what resuming is meant to save.</remarks>
internal readonly record struct FileStamp(long Size, long Written)
{
    /// <summary>No file.</summary>
    public static FileStamp None { get; } = new(-1, 0);

    /// <summary>Reads a file's stamp; a missing or unreadable one is <see cref="None"/>.</summary>
    public static FileStamp Of(string? path)
    {
        if (path == null) return None;
        try
        {
            var info = new FileInfo(path);
            return info.Exists ? new FileStamp(info.Length, info.LastWriteTimeUtc.Ticks) : None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return None;
        }
    }
}
