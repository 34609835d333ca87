using System.Text.Json;

namespace Defragger.Comparers;

/// <summary>Lines that are each one JSON value; their key is the value's canonical hash.</summary>
/// <remarks>
/// Lines skipped as byte-equal are not parsed: whatever they hold, both sides hold it. Every line around a
/// difference is parsed, and must be JSON without repeated keys; the error names the line.
/// A blank line is a record of its own kind, equal to every other blank line.
/// </remarks>
internal sealed class JsonLineReader : LineReader
{
    private readonly CanonicalHasher _hasher = new();
    private readonly TokenTaker _add;

    public JsonLineReader(SourceFile file, int bufferSize = ByteWindow.DefaultSize)
        : base(file, bufferSize)
    {
        _add = _hasher.TryAdd;
        Window.SkipByteOrderMark();
    }

    /// <summary>Takes the token that the reader stands on; false if it closes an object with a repeated name.</summary>
    public delegate bool TokenTaker(ref Utf8JsonReader reader);

    protected override bool NeedsWholeLine => true;

    /// <summary>A line without a record.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> line) => line.IndexOfAnyExcept(" \t\r\n"u8) < 0;

    /// <summary>Hands on the tokens of one line.</summary>
    /// <param name="window">Stands at the start of the line.</param>
    /// <param name="number">The line's number, from 1.</param>
    /// <param name="line">The line.</param>
    /// <param name="take">Takes the tokens.</param>
    /// <exception cref="ComparisonException">It is not JSON, or repeats a key.</exception>
    public static void Read(ByteWindow window, long number, ReadOnlySpan<byte> line, TokenTaker take)
    {
        Utf8JsonReader reader = new(line, isFinalBlock: true, new JsonReaderState(JsonErrors.Options));
        try
        {
            while (reader.Read())
            {
                if (!take(ref reader))
                    throw Invalid(window, number, reader.BytesConsumed, JsonErrors.RepeatedKey, null);
            }
        }
        catch (JsonException e)
        {
            throw Invalid(window, number, e.BytePositionInLine ?? 0, JsonErrors.Explain(e), e);
        }
    }

    protected override UInt128 KeyOf(ReadOnlySpan<byte> line)
    {
        if (IsBlank(line))
            return default;
        _hasher.Reset();
        Read(Window, Count, line, _add);
        return _hasher.Root;
    }

    private static ComparisonException Invalid(ByteWindow window, long number, long at, string problem, Exception? cause) =>
        new(window.File.Path, $"line {number} is not a valid JSON record at byte {window.Position + at}: {problem}", cause);
}
