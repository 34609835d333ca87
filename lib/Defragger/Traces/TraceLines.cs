namespace Defragger.Traces;

/// <summary>The lines of a text one after another, in one buffer of a fixed size.</summary>
/// <remarks>Not <see cref="TextReader.ReadLine"/>: that makes a string of each line, and one without an end (a wrong
/// file) would fill the memory. Only '\n' ends a line; the last one may lack it.</remarks>
internal sealed class TraceLines(TextReader text)
{
    /// <summary>The most characters of a line.</summary>
    public const int LongestLine = 4096;

    private readonly char[] _buffer = new char[4 * LongestLine];
    private int _start;
    private int _end;
    private bool _isRead;

    /// <summary>The number of the last line that was read, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line without its end, good until the next call.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="FormatException">It is too long, or no text.</exception>
    public bool TryRead(out ReadOnlySpan<char> line)
    {
        Number++;
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf('\n')) < 0 && !_isRead)
        {
            if (_end - _start > LongestLine) break;
            Fill();
        }
        bool hasEnd = length >= 0;
        line = _buffer.AsSpan(_start, hasEnd ? length : _end - _start);
        if (line.Length > LongestLine) throw Fault(line, $"a line of at most {LongestLine} characters");
        _start += line.Length + (hasEnd ? 1 : 0);
        return hasEnd || line.Length > 0;
    }

    /// <summary>An error in the line that was read last.</summary>
    /// <param name="offending">The part of it that is wrong.</param>
    /// <param name="allowed">What could stand in its place.</param>
    public FormatException Fault(ReadOnlySpan<char> offending, string allowed)
    {
        const int Shown = 60;
        string shown = offending.Length > Shown ? $"{offending[..Shown]}..." : offending.ToString();
        return new FormatException($"Line {Number}: '{shown}' is not allowed here; write {allowed}.");
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        try
        {
            int count = text.Read(_buffer.AsSpan(_end));
            _end += count;
            _isRead = count == 0;
        }
        catch (System.Text.DecoderFallbackException e)
        {
            throw new FormatException($"Near line {Number}: a trace is UTF-8, and these bytes are not.", e);
        }
    }
}
