using Microsoft.Win32.SafeHandles;

namespace Defragger.Comparers;

/// <summary>One side of a case: a regular file that is read at offsets, and that must not shrink meanwhile.</summary>
/// <remarks>
/// Invariants:
/// 1. Every failure is a <see cref="ComparisonException"/> that names the file as the caller named it.
/// 2. A file is what it was when it was opened: bytes added later are not read, bytes missing are an error.
///    (A length of 0 is read to its end anyway: files of /proc and /sys say 0.)
/// Reads take no lock and share no position, so two readers of one file do not disturb each other.
/// </remarks>
internal sealed class SourceFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    public SourceFile(string path)
        : this(path, Open(path))
    {
    }

    /// <param name="path">What the file is called in messages.</param>
    /// <param name="handle">The file, open for reading; disposed of with this.</param>
    public SourceFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        try
        {
            Length = RandomAccess.GetLength(_handle);
        }
        catch (Exception e) when (e is NotSupportedException or IOException)
        {
            _handle.Dispose();
            throw new ComparisonException(path, "not a regular file", e);
        }
    }

    public string Path { get; }

    public long Length { get; }

    /// <summary>Reads what is there at an offset; 0 only at the end.</summary>
    public int Read(Span<byte> buffer, long offset)
    {
        if (Length > 0 && buffer.Length > Length - offset)
            buffer = buffer[..(int)(Length - offset)];
        if (buffer.IsEmpty)
            return 0;
        int read;
        try
        {
            read = RandomAccess.Read(_handle, buffer, offset);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ComparisonException(Path, $"cannot be read at byte {offset}: {e.Message}", e);
        }

        if (read == 0 && offset < Length)
            throw new ComparisonException(Path, $"ends at byte {offset} of {Length}: it was cut while being read");
        return read;
    }

    /// <summary>All bytes of a stretch, or those up to the end of the file; null if the stretch is longer than it may be.</summary>
    public ReadOnlyMemory<byte>? ReadUpTo(long offset, long length, long longest = long.MaxValue)
    {
        if (length > longest)
            return null;
        byte[] bytes = new byte[length];
        int held = 0;
        for (int read; held < bytes.Length && (read = Read(bytes.AsSpan(held), offset + held)) > 0;)
            held += read;
        return bytes.AsMemory(0, held);
    }

    /// <summary>Where a line starts, counted from 0. Reads the file again: only for messages.</summary>
    public long OffsetOfLine(long line)
    {
        byte[] buffer = new byte[64 * 1024];
        long offset = 0;
        while (line > 0)
        {
            int read = Read(buffer, offset);
            if (read == 0)
                break;
            ReadOnlySpan<byte> rest = buffer.AsSpan(0, read);
            for (int newline; line > 0 && (newline = rest.IndexOf((byte)'\n')) >= 0; line--)
            {
                offset += newline + 1;
                rest = rest[(newline + 1)..];
            }

            if (line > 0)
                offset += rest.Length;
        }

        return offset;
    }

    public void Dispose() => _handle.Dispose();

    private static SafeFileHandle Open(string path)
    {
        if (Directory.Exists(path))
            throw new ComparisonException(path, "is a directory");
        if (FileType.IsOther(path))
            throw new ComparisonException(path, "not a regular file");
        try
        {
            FileShare share = FileShare.ReadWrite | FileShare.Delete;
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, share, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ComparisonException(path, "no such file", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ComparisonException(path, "permission denied", e);
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            throw new ComparisonException(path, $"cannot be opened: {e.Message}", e);
        }
    }
}
