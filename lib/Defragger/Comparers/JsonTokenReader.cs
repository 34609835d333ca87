using System.Text.Json;

namespace Defragger.Comparers;

/// <summary>Pulls the tokens of one JSON document through a window, a bufferful at a time.</summary>
/// <remarks>
/// Utf8JsonReader lives on the stack, so it cannot wait between two calls: each <see cref="Pump"/> makes one from the
/// kept state, hands every whole token of the window to <see cref="OnToken"/>, and keeps the state again. Two readers
/// can thus be pumped in turn. A token that the window cuts is read again with more behind it.
/// </remarks>
internal abstract class JsonTokenReader : IDisposable
{
    /// <summary>Small, so that two sides read in turn are never far apart: what is between them is pending.</summary>
    public const int DefaultBufferSize = 64 * 1024;

    private readonly ByteWindow _window;
    private JsonReaderState _state = new(JsonErrors.Options);
    private long? _start;
    private bool _ended;
    private bool _jumpsOver;
    private bool _hasJumped;

    protected JsonTokenReader(SourceFile file, int bufferSize) => _window = new ByteWindow(file, bufferSize);

    protected SourceFile File => _window.File;

    /// <summary>Reads on; false once the document has been read to its end.</summary>
    public bool Pump()
    {
        if (_ended)
            return false;
        if (_start is null)
        {
            _window.SkipByteOrderMark();
            _start = _window.Position;
        }

        // What lies behind a jump is read first: refilled each time, it would be moved once for each of many short jumps.
        if (_hasJumped)
            _hasJumped = false;
        else
            _ended = !_window.Refill();
        Utf8JsonReader reader = new(_window.Unread, _ended, _state);
        try
        {
            while (!_jumpsOver && reader.Read())
                OnToken(ref reader);
        }
        catch (JsonException e)
        {
            throw Invalid(e);
        }
        catch (InvalidOperationException e)
        {
            // What the parser throws when a name or value with half a surrogate pair is asked for its text.
            throw new ComparisonException(File.Path, $"the text at byte {PositionOf(ref reader)} is not Unicode", e);
        }

        _window.Consume((int)reader.BytesConsumed);
        _state = reader.CurrentState;
        if (_jumpsOver)
            Jump();
        return !_ended;
    }

    public void Dispose() => _window.Dispose();

    /// <summary>Where in the file the token starts that the reader stands on.</summary>
    protected long PositionOf(ref Utf8JsonReader reader) => _window.Position + reader.TokenStartIndex;

    /// <summary>Where in the file the token ends that the reader stands on.</summary>
    protected long EndOf(ref Utf8JsonReader reader) => _window.Position + reader.BytesConsumed;

    /// <summary>For what the parser lets pass.</summary>
    protected ComparisonException Invalid(long position, string problem) =>
        new(File.Path, $"not valid JSON at byte {position}: {problem}");

    /// <summary>Called with the reader on each token, in the order of the document.</summary>
    protected abstract void OnToken(ref Utf8JsonReader reader);

    /// <summary>
    /// Of the container that begins at this token, only the end will be seen: its content is not even parsed.
    /// </summary>
    protected void JumpOver() => _jumpsOver = true;

    /// <summary>
    /// The kept state stands behind the opening bracket, so the closing one may come next: to it, the container is
    /// empty.
    /// </summary>
    private void Jump()
    {
        JsonJump jump = new();
        int end;
        while (!jump.TryFindEnd(_window.Unread, out end))
        {
            _window.Consume(end);
            end = 0;
            if (!_window.Refill())
                break;
        }

        _window.Consume(end);
        _jumpsOver = false;
        _hasJumped = true;
        _ended = false;
    }

    private ComparisonException Invalid(JsonException error)
    {
        long line = error.LineNumber ?? 0;
        long lineStart = line == 0 ? _start!.Value : File.OffsetOfLine(line);
        long position = lineStart + (error.BytePositionInLine ?? 0);
        string place = $"byte {position} (line {line + 1})";
        return new(File.Path, $"not valid JSON at {place}: {JsonErrors.Explain(error)}", error);
    }
}
