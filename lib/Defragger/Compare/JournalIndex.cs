using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Defragger.Compare;

/// <summary>Where in a journal the last line of each case stands: what <c>-Resume</c> asks, and what a run came to.</summary>
/// <remarks>Holds a 128-bit hash of the name and the place of the line per case (about 50 bytes), not the line. The
/// last line of a case counts. A last line without its end, as a kill leaves it, is passed over.</remarks>
internal sealed class JournalIndex : IDisposable
{
    private readonly Dictionary<UInt128, (long Offset, int Length)> _lines = [];
    private readonly Action<FormatException> _damaged;
    private readonly JournalReader _reader;
    private readonly string _path;

    /// <summary>Reads a journal.</summary>
    /// <param name="path">The journal.</param>
    /// <param name="damaged">Told of each damaged line, which is passed over; without it a damaged line is thrown.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is no journal, or a line of it is damaged.</exception>
    public JournalIndex(string path, Action<FormatException>? damaged = null)
    {
        _path = path;
        _damaged = damaged ?? (static fault => throw fault);
        _reader = new JournalReader(path);
        try
        {
            Refresh();
        }
        catch
        {
            _reader.Dispose();
            throw;
        }
    }

    /// <summary>The journal's first line.</summary>
    public JournalHeader Header => _reader.Header;

    /// <summary>Bytes up to the end of the last whole line.</summary>
    public long Length => _reader.Length;

    /// <summary>Cases that have a line.</summary>
    public int Count => _lines.Count;

    /// <summary>Takes in what was written since.</summary>
    public void Refresh()
    {
        foreach (JournalEntry entry in _reader.ReadOn(_damaged)) _lines[Key(entry.Line.Result.Case)] = (entry.Offset, entry.Length);
    }

    /// <summary>The last line of a case, or null when it has none.</summary>
    public JournalLine? Find(string name)
    {
        if (!_lines.TryGetValue(Key(name), out (long Offset, int Length) place)) return null;
        JournalLine? found = _reader.ReadAt(place.Offset, place.Length);
        return found?.Result.Case == name ? found : null; // two names with one hash
    }

    /// <summary>The last line of a case, also one written since; or null when it has none.</summary>
    public JournalLine? FindAgain(string name)
    {
        Refresh();
        return Find(name);
    }

    /// <summary>The last line of each case, in the order in which they were written. Reads the journal again.</summary>
    public IEnumerable<JournalLine> LastLines()
    {
        using var again = new JournalReader(_path);
        foreach (JournalEntry entry in again.ReadOn(static _ => { }))
        {
            if (entry.Offset >= Length) yield break; // written since
            if (_lines.TryGetValue(Key(entry.Line.Result.Case), out (long Offset, int) last) && last.Offset == entry.Offset)
                yield return entry.Line;
        }
    }

    public void Dispose() => _reader.Dispose();

    private static UInt128 Key(string name) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(name.AsSpan()));
}
