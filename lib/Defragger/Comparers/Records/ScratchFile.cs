namespace Defragger.Comparers.Records;

/// <summary>A private file for what does not fit in memory, that leaves nothing behind.</summary>
/// <remarks>
/// It lies in the folder that TMPDIR names, else in /var/tmp, which is on a disk also where /tmp is memory (systemd's
/// file-hierarchy(7) sends large files there), else in the system's folder for temporary files. It has an unpredictable name and mode
/// 0600, and no name any more once it is open: whatever ends the process, the kernel gives back its room.
/// </remarks>
internal sealed class ScratchFile : IDisposable
{
    private const long DefaultReserve = 64 * 1024 * 1024;

    private readonly string _subject;
    private readonly string _folder;
    private readonly long _reserve;
    private readonly FileStream _file;

    /// <param name="subject">What it is needed for, for messages: a path.</param>
    /// <param name="folder">Where it lies.</param>
    /// <param name="reserve">Bytes of its disk that are left to others.</param>
    /// <exception cref="ComparisonException">It cannot be made.</exception>
    public ScratchFile(string subject, string folder, long reserve = DefaultReserve)
    {
        (_subject, _folder, _reserve) = (subject, folder, reserve);
        try
        {
            _file = Open(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(e.Message, e);
        }
    }

    /// <summary>Its bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>A file where there is room for it.</summary>
    /// <param name="subject">What it is needed for, for messages: a path.</param>
    /// <param name="named">The folder that a person named; null or empty for none.</param>
    /// <param name="disk">The folder to try before the system's.</param>
    /// <exception cref="ComparisonException">It cannot be made.</exception>
    public static ScratchFile Create(string subject, string? named, string disk = "/var/tmp")
    {
        if (!string.IsNullOrEmpty(named))
            return new ScratchFile(subject, named);
        try
        {
            return new ScratchFile(subject, disk);
        }
        catch (ComparisonException)
        {
            return new ScratchFile(subject, Path.GetTempPath()); // a container whose disk may only be read, another system
        }
    }

    /// <summary>Puts bytes at the end, and says where they begin.</summary>
    /// <exception cref="ComparisonException">The disk has no room, or cannot be written.</exception>
    public long Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            long room = new DriveInfo(_folder).AvailableFreeSpace;
            if (room - bytes.Length < _reserve)
            {
                throw Fault(
                    $"{Length / 1_000_000} MB are written, and of its disk {room / 1_000_000} MB are left,"
                    + $" of which {_reserve / 1_000_000} MB are not taken", null);
            }

            long offset = Length;
            RandomAccess.Write(_file.SafeFileHandle, bytes, offset);
            Length += bytes.Length;
            return offset;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(e.Message, e);
        }
    }

    /// <summary>Fills a buffer from a place on.</summary>
    /// <exception cref="ComparisonException">The disk cannot be read.</exception>
    public void Read(Span<byte> bytes, long offset)
    {
        try
        {
            for (int read; !bytes.IsEmpty; bytes = bytes[read..], offset += read)
            {
                read = RandomAccess.Read(_file.SafeFileHandle, bytes, offset);
                if (read == 0)
                    throw new EndOfStreamException($"the file ends at byte {offset}.");
            }
        }
        catch (IOException e)
        {
            throw Fault(e.Message, e);
        }
    }

    public void Dispose() => _file.Dispose();

    private static FileStream Open(string folder)
    {
        string path = Path.Combine(folder, $"defrag-sort-{Path.GetRandomFileName()}");
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        FileStream file = new(path, options);
        File.Delete(path);
        return file;
    }

    private ComparisonException Fault(string problem, Exception? cause) => new(
        _subject,
        $"what does not fit in memory cannot be sorted in '{_folder}': {problem.TrimEnd('.')}. TMPDIR names another folder",
        cause);
}
