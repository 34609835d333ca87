using System.Text;

namespace Defragger.Traces;

/// <summary>Reads a trace operation by operation, in memory that does not grow with its length.</summary>
/// <remarks>The story and the capacity stand before the operations and are there at once. A reader goes over its text
/// once.</remarks>
public sealed class TraceReader : IDisposable
{
    private readonly TextReader _text;
    private readonly TraceLines _lines;

    /// <summary>Begins to read; the text is this reader's own from here on, also when this fails.</summary>
    /// <exception cref="FormatException">The text does not begin as a trace.</exception>
    public TraceReader(TextReader text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
        _lines = new TraceLines(text);
        try
        {
            (Story, Capacity, Growth) = ReadHeader();
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    /// <summary>What the trace is, for people: lines parted by '\n'.</summary>
    public string Story { get; }

    /// <summary>Bytes of the arena that the trace is meant for.</summary>
    public long Capacity { get; }

    /// <summary>Bytes of the arena that are committed at a time; 0: all of it at once.</summary>
    public long Growth { get; }

    /// <summary>Reads the next operation.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="FormatException">The line is no operation; the message has its number, its text and what is
    /// allowed.</exception>
    public bool TryRead(out Operation operation)
    {
        operation = default;
        if (!_lines.TryRead(out ReadOnlySpan<char> line)) return false;
        if (TraceLine.Read(line, out operation) is string allowed) throw _lines.Fault(line, allowed);
        return true;
    }

    /// <summary>The operations from here to the end.</summary>
    public IEnumerable<Operation> Operations()
    {
        while (TryRead(out Operation operation)) yield return operation;
    }

    /// <summary>Closes the text.</summary>
    public void Dispose() => _text.Dispose();

    private (string Story, long Capacity, long Growth) ReadHeader()
    {
        var story = new StringBuilder();
        bool isFirst = true;
        ReadOnlySpan<char> line;
        while (_lines.TryRead(out line) && line.StartsWith("#"))
        {
            if (line.Length > 1 && line[1] != ' ') throw _lines.Fault(line, "'# TEXT' or '#'");
            if (!Trace.IsUnicode(line)) throw _lines.Fault(line, "Unicode text, without half of a surrogate pair");
            if (!isFirst) story.Append('\n');
            isFirst = false;
            story.Append(line[Math.Min(2, line.Length)..]);
        }
        Span<Range> words = stackalloc Range[4];
        int count = line.Split(words, ' ');
        bool isHeader = count is 2 or 3 && line[words[0]] is "h";
        long capacity = isHeader ? TraceLine.Number(line[words[1]]) : 0;
        long growth = isHeader && count == 3 ? TraceLine.Number(line[words[2]]) : 0;
        return Trace.IsCapacity(capacity) && (growth > 0 || count == 2) ? (story.ToString(), capacity, growth)
            : throw _lines.Fault(line, $"'# TEXT' or 'h CAPACITY [GROWTH]' with a multiple of {Trace.GranuleSize} above 0 and a growth above 0");
    }
}
