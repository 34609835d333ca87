using System.Text.Json;
using System.Text.Json.Serialization;

namespace Defragger.Compare;

/// <summary>The journal's first line: what run the others belong to.</summary>
internal sealed record JournalHeader(int Journal, string Defragger, DateTimeOffset Started, string Baseline, string Candidate)
{
    /// <summary>The layout that this version writes and reads.</summary>
    public const int Version = 1;
}

/// <summary>One ended case with what its inputs were, so that a later run can tell whether it still holds.</summary>
internal sealed record JournalLine(CaseResult Result, FileStamp Baseline, FileStamp Candidate, string Comparer);

/// <summary>The text of journal lines. Parse and write are exact inverses.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    Converters = [typeof(SecondsConverter)],
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JournalHeader))]
[JsonSerializable(typeof(JournalLine))]
internal sealed partial class JournalJson : JsonSerializerContext
{
    /// <summary>Reads one line.</summary>
    /// <exception cref="JsonException">The line is not one of a journal.</exception>
    public static JournalLine Parse(ReadOnlySpan<byte> line) =>
        JsonSerializer.Deserialize(line, Default.JournalLine) ?? throw new JsonException("The line is null.");
}

/// <summary>Times as seconds, which every reader of JSON understands; exact to the tick (100 ns).</summary>
internal sealed class SecondsConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TimeSpan.FromTicks((long)(reader.GetDecimal() * TimeSpan.TicksPerSecond));

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue((decimal)value.Ticks / TimeSpan.TicksPerSecond);
}
