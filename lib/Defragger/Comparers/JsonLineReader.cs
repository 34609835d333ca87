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

    public JsonLineReader(SourceFile file, int bufferSize = ByteWindow.DefaultSize)
        : base(file, bufferSize) => Window.SkipByteOrderMark();

    protected override bool NeedsWholeLine => true;

    protected override UInt128 KeyOf(ReadOnlySpan<byte> line)
    {
        if (line.IndexOfAnyExcept(" \t\r\n"u8) < 0)
            return default;
        _hasher.Reset();
        Utf8JsonReader reader = new(line, isFinalBlock: true, new JsonReaderState(JsonErrors.Options));
        try
        {
            while (reader.Read())
            {
                if (!_hasher.TryAdd(ref reader))
                {
                    long end = Window.Position + reader.BytesConsumed;
                    throw Invalid(end, JsonErrors.RepeatedKey, null);
                }
            }
        }
        catch (JsonException e)
        {
            throw Invalid(Window.Position + (e.BytePositionInLine ?? 0), JsonErrors.Explain(e), e);
        }

        return _hasher.Root;
    }

    private ComparisonException Invalid(long position, string problem, Exception? cause) =>
        new(Window.File.Path, $"line {Count} is not a valid JSON record at byte {position}: {problem}", cause);
}
