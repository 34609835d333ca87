using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Defragger.Compare;

/// <summary>A line of a journal and where it stands.</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Bytes without the line's end.</param>
/// <param name="Line">What it says.</param>
internal readonly record struct JournalEntry(long Offset, int Length, JournalLine Line);

/// <summary>Reads a journal, one whole line at a time, also while it is written.</summary>
/// <remarks>A last line without its end, as a kill or a write that is not over leaves it, is passed over. Memory: the
/// longest line, and at most <see cref="LongestLine"/>.</remarks>
internal sealed class JournalReader : IDisposable
{
    /// <summary>The longest line that is read, in bytes: far above what a run writes, and far below what a wrong file
    /// could make of it.</summary>
    public const int LongestLine = 64 << 20;

    private readonly string _path;
    private readonly SafeFileHandle _handle;

    /// <summary>Opens a journal and reads its header.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is no journal.</exception>
    public JournalReader(string path)
    {
        _path = path;
        _handle = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        try
        {
            foreach ((long offset, byte[] line) in Lines(0))
            {
                Header = ParseHeader(line);
                Length = offset + line.Length + 1;
                break;
            }
            if (Header == null) throw Fault(0, "it has no whole line", null);
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>The journal's first line.</summary>
    public JournalHeader Header { get; }

    /// <summary>Bytes up to the end of the last whole line that was read.</summary>
    public long Length { get; private set; }

    /// <summary>The lines after those that were read before.</summary>
    /// <param name="damaged">Told of each line that is no result; what it throws ends the reading.</param>
    public IEnumerable<JournalEntry> ReadOn(Action<FormatException> damaged)
    {
        foreach ((long offset, byte[] line) in Lines(Length))
        {
            Length = offset + line.Length + 1;
            if (Parse(offset, line, damaged) is JournalLine said) yield return new JournalEntry(offset, line.Length, said);
        }
    }

    /// <summary>One line again; null when it is not there any more.</summary>
    public JournalLine? ReadAt(long offset, int length)
    {
        byte[] line = new byte[length];
        int read = 0;
        while (read < length)
        {
            int count = RandomAccess.Read(_handle, line.AsSpan(read), offset + read);
            if (count == 0) return null;
            read += count;
        }
        return JournalJson.Parse(line);
    }

    public void Dispose() => _handle.Dispose();

    private IEnumerable<(long Offset, byte[] Line)> Lines(long start)
    {
        byte[] buffer = new byte[64 * 1024];
        int held = 0; // buffer[0] is the byte at start
        while (true)
        {
            if (held == buffer.Length)
            {
                if (held >= LongestLine) throw Fault(start, $"a line is longer than {LongestLine >> 20} MiB", null);
                Array.Resize(ref buffer, buffer.Length * 2);
            }
            int count = RandomAccess.Read(_handle, buffer.AsSpan(held), start + held);
            if (count == 0) yield break;
            held += count;
            int from = 0;
            for (int end; (end = buffer.AsSpan(from, held - from).IndexOf((byte)'\n')) >= 0; from += end + 1)
                yield return (start + from, buffer[from..(from + end)]);
            buffer.AsSpan(from, held - from).CopyTo(buffer);
            held -= from;
            start += from;
        }
    }

    private JournalHeader ParseHeader(byte[] line)
    {
        try
        {
            JournalHeader? header = JsonSerializer.Deserialize(line, JournalJson.Default.JournalHeader);
            return header?.Journal == JournalHeader.Version
                ? header
                : throw Fault(0, $"its layout is not {JournalHeader.Version}", null);
        }
        catch (JsonException e)
        {
            throw Fault(0, "its first line is not a journal's", e);
        }
    }

    private JournalLine? Parse(long offset, byte[] line, Action<FormatException> damaged)
    {
        try
        {
            JournalLine said = JournalJson.Parse(line);
            if (said.Result?.Case != null) return said;
            damaged(Fault(offset, "a line tells no result", null));
        }
        catch (JsonException e)
        {
            damaged(Fault(offset, "a line is damaged", e));
        }
        return null;
    }

    private FormatException Fault(long offset, string what, Exception? inner) =>
        new($"'{_path}' is no whole journal: {what} (at byte {offset}).", inner);
}
