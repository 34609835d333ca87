using System.Text.Json;

namespace Defragger.Compare;

/// <summary>The journal of a run: JSON Lines, a header and then one line for each ended case, in the order they ended.</summary>
/// <remarks>
/// 1. A line is handed to the kernel in one write as its case ends: it survives any death of this process.
/// 2. A background flush every second, and one at the end, brings lines to the disk: a crash of the machine loses at most the
///    last second, and the cases that it loses are compared again on resume. One fsync per case would cost more than
///    the case.
/// 3. A line that could not be written whole (a full disk) is taken back: the file always ends with a whole line.
/// </remarks>
internal sealed class Journal : IDisposable
{
    private static readonly TimeSpan s_flushInterval = TimeSpan.FromSeconds(1);

    private readonly FileStream _file;
    private readonly MemoryStream _line = new(1024);
    private readonly Timer _flush;
    private int _unflushed;

    private Journal(FileStream file)
    {
        _file = file;
        _flush = new Timer(_ => FlushToDisk(), null, s_flushInterval, s_flushInterval);
    }

    /// <summary>Begins a journal; one that lies there is replaced.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static Journal Create(string path, JournalHeader header)
    {
        var journal = new Journal(Open(path, FileMode.Create));
        try
        {
            journal.Write(JsonSerializer.SerializeToUtf8Bytes(header, JournalJson.Default.JournalHeader));
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Goes on with a journal after its last whole line.</summary>
    /// <param name="path">The journal.</param>
    /// <param name="length">Where its last whole line ends, in bytes (<see cref="JournalIndex.Length"/>).</param>
    public static Journal Append(string path, long length)
    {
        FileStream file = Open(path, FileMode.Open);
        file.SetLength(length);
        file.Position = length;
        return new Journal(file);
    }

    /// <summary>Adds one ended case.</summary>
    /// <exception cref="IOException">The line could not be written; the journal is as it was before.</exception>
    public void Add(JournalLine line)
    {
        _line.SetLength(0);
        JsonSerializer.Serialize(_line, line, JournalJson.Default.JournalLine);
        Write(_line.GetBuffer().AsSpan(0, (int)_line.Length));
    }

    public void Dispose()
    {
        using var stopped = new ManualResetEvent(false);
        if (_flush.Dispose(stopped)) stopped.WaitOne();
        FlushToDisk();
        _file.Dispose();
        _line.Dispose();
    }

    private static FileStream Open(string path, FileMode mode) => new(path, new FileStreamOptions
    {
        Mode = mode,
        Access = FileAccess.Write,
        Share = FileShare.Read, // a person may follow it while it grows
        BufferSize = 0,
    });

    private void Write(ReadOnlySpan<byte> line)
    {
        long whole = _file.Position;
        byte[] ended = [.. line, (byte)'\n'];
        try
        {
            _file.Write(ended);
        }
        catch (IOException)
        {
            _file.SetLength(whole);
            _file.Position = whole;
            throw;
        }
        Interlocked.Exchange(ref _unflushed, 1);
    }

    private void FlushToDisk()
    {
        if (Interlocked.Exchange(ref _unflushed, 0) == 0) return;
        try
        {
            RandomAccess.FlushToDisk(_file.SafeFileHandle);
        }
        catch (IOException)
        {
            // A failed write-back is told by the next write; the lines stay marked as not on the disk.
            Interlocked.Exchange(ref _unflushed, 1);
        }
    }
}
