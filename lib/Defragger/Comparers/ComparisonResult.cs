using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Defragger.Comparers.Differences;

namespace Defragger.Comparers;

/// <summary>What the comparison of one case found: one line of JSON on standard output.</summary>
/// <param name="Same">Nothing that the format counts as content differs.</param>
/// <param name="Format">The format that was used; never <see cref="ComparisonFormat.Auto"/>.</param>
/// <param name="Counts">Null when nothing was counted: byte-equal files, binary files.</param>
/// <param name="Reason">A short sentence for a person.</param>
internal sealed record ComparisonResult(bool Same, ComparisonFormat Format, ComparisonCounts? Counts, string Reason)
{
    /// <summary>How often each ignore rule covered a difference, by its place in the file, from 0; null for none.</summary>
    public IReadOnlyList<(int Rule, long Count)>? IgnoredBy { get; init; }

    /// <summary>Values that differ within their tolerance; counted among those that are ignored.</summary>
    public long Tolerated { get; init; }

    /// <summary>The first differences of each kind; null for none.</summary>
    public IReadOnlyList<Difference>? Differences { get; init; }

    // With the rest of the line, less than the 64 KiB that are kept of a comparer's output.
    private const int MostDifferenceBytes = 40 * 1024;

    // For a terminal and a pipe, not for HTML: a quote in a reason stays a quote.
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The same result with differences to show.</summary>
    public ComparisonResult WithDifferences(IReadOnlyList<Difference> differences) =>
        this with { Differences = differences.Count == 0 ? null : differences };

    /// <summary>One JSON object without a line break; the reader is <c>Invoke-DefragCompare</c>.</summary>
    public string ToJson()
    {
        ArrayBufferWriter<byte> buffer = new(256);
        using (Utf8JsonWriter json = new(buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteString("status"u8, !Same ? "changed"u8 : Counts is { } some && (some.Ignored | some.Noise) > 0 ? "ignored"u8 : "same"u8);
            json.WriteString("format"u8, FormatCatalog.NameOf(Format));
            if (Counts is { } counts)
            {
                json.WriteNumber("new"u8, counts.New);
                json.WriteNumber("absent"u8, counts.Absent);
                json.WriteNumber("updated"u8, counts.Updated);
                json.WriteNumber("unchanged"u8, counts.Unchanged);
                json.WriteNumber("moved"u8, counts.Moved);
                json.WriteNumber("ignored"u8, counts.Ignored);
                if (counts.Noise > 0)
                    json.WriteNumber("noise"u8, counts.Noise);
            }

            if (Tolerated > 0)
                json.WriteNumber("tolerated"u8, Tolerated);
            if (IgnoredBy is not null)
                WriteIgnoredBy(json);

            if (Differences is not null)
                WriteDifferences(json);
            json.WriteString("reason"u8, Reason);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private void WriteDifferences(Utf8JsonWriter json)
    {
        json.WriteStartArray("differences"u8);
        long start = json.BytesCommitted + json.BytesPending;
        foreach (Difference one in Differences!.TakeWhile(_ => json.BytesCommitted + json.BytesPending - start < MostDifferenceBytes))
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, one.Kind.ToString().ToLowerInvariant());
            json.WriteString("place"u8, one.Place);
            WriteText(json, "from", one.From);
            WriteText(json, "rule", one.Rule);
            WriteText(json, "file", one.File);
            if (one.Line is long line)
                json.WriteNumber("line"u8, line);
            WriteText(json, "before", one.Before);
            WriteText(json, "after", one.After);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
            json.WriteString(name, text);
    }

    private void WriteIgnoredBy(Utf8JsonWriter json)
    {
        json.WriteStartArray("ignoredBy"u8);
        foreach ((int rule, long count) in IgnoredBy!)
        {
            json.WriteStartObject();
            json.WriteNumber("rule"u8, rule);
            json.WriteNumber("count"u8, count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
