namespace Defragger.Files;

/// <summary>Files that are never half there: written beside, under a name of their own, and then renamed.</summary>
/// <remarks>What fails leaves the earlier file as it was, and nothing beside it; a process that is killed in the midst leaves
/// a file that ends with '.new'. Two that write the same file at once both succeed, and one of them stays. Not flushed to the disk:
/// it is about readers and failures, not about a machine that loses power.</remarks>
internal static class AtomicFile
{
    /// <summary>Writes a file; an earlier one is replaced.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <param name="content">Its bytes.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    public static void Write(string path, byte[] content) => Write(path, file => file.Write(content));

    /// <summary>The same, with what is written into a stream, which may be closed by it.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string beside = NameBeside(path);
        try
        {
            using (var file = new FileStream(beside, FileMode.CreateNew, FileAccess.Write)) write(file);
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }

    /// <summary>A name for what is going to be a file, in the same folder.</summary>
    public static string NameBeside(string path) => $"{path}.{Guid.NewGuid():N}.new";
}
