using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Defragger.Compare;

/// <summary>Where in an earlier journal the decided cases stand: what <c>-Resume</c> asks.</summary>
/// <remarks>Holds a 128-bit hash of the name and the place of the line per case (about 50 bytes), not the line. The
/// last line of a case counts. A last line without its end, as a kill leaves it, is passed over.</remarks>
internal sealed class JournalIndex : IDisposable
{
    private readonly Dictionary<UInt128, (long Offset, int Length)> _lines = [];
    private readonly SafeFileHandle _handle;

    /// <summary>Reads a journal.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is no journal, or a line of it is damaged.</exception>
    public JournalIndex(string path)
    {
        _handle = File.OpenHandle(path);
        try
        {
            foreach ((long offset, byte[] line) in Lines(_handle))
            {
                Length = offset + line.Length + 1;
                if (Header == null) Header = ParseHeader(path, line);
                else _lines[Key(ParseLine(path, offset, line).Result.Case)] = (offset, line.Length);
            }
            if (Header == null) throw Fault(path, 0, "it is empty", null);
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>The journal's first line.</summary>
    public JournalHeader Header { get; }

    /// <summary>Bytes up to the end of the last whole line.</summary>
    public long Length { get; }

    /// <summary>Cases that have a line.</summary>
    public int Count => _lines.Count;

    /// <summary>The last line of a case, or null when it has none.</summary>
    public JournalLine? Find(string name)
    {
        if (!_lines.TryGetValue(Key(name), out (long Offset, int Length) place)) return null;
        byte[] line = new byte[place.Length];
        int read = 0;
        while (read < line.Length)
        {
            int count = RandomAccess.Read(_handle, line.AsSpan(read), place.Offset + read);
            if (count == 0) return null;
            read += count;
        }
        JournalLine found = JournalJson.Parse(line);
        return found.Result.Case == name ? found : null; // two names with one hash
    }

    public void Dispose() => _handle.Dispose();

    private static UInt128 Key(string name) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(name.AsSpan()));

    /// <summary>The whole lines of a journal with the places where they begin.</summary>
    internal static IEnumerable<(long Offset, byte[] Line)> Lines(SafeFileHandle handle)
    {
        byte[] buffer = new byte[64 * 1024];
        long start = 0; // of the line that buffer[0] belongs to
        int held = 0;
        while (true)
        {
            if (held == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
            int count = RandomAccess.Read(handle, buffer.AsSpan(held), start + held);
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

    private static JournalHeader ParseHeader(string path, byte[] line)
    {
        try
        {
            JournalHeader? header = JsonSerializer.Deserialize(line, JournalJson.Default.JournalHeader);
            return header?.Journal == JournalHeader.Version
                ? header
                : throw Fault(path, 0, $"its layout is not {JournalHeader.Version}", null);
        }
        catch (JsonException e)
        {
            throw Fault(path, 0, "its first line is not a journal's", e);
        }
    }

    private static JournalLine ParseLine(string path, long offset, byte[] line)
    {
        try
        {
            return JournalJson.Parse(line);
        }
        catch (JsonException e)
        {
            throw Fault(path, offset, "a line is damaged", e);
        }
    }

    private static FormatException Fault(string path, long offset, string what, Exception? inner) =>
        new($"'{path}' cannot be resumed: {what} (at byte {offset}). Choose another output directory, or start anew with -Force.", inner);
}
