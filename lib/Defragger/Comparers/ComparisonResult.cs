using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Defragger.Comparers;

/// <summary>What the comparison of one case found: one line of JSON on standard output.</summary>
/// <param name="Same">Nothing that the format counts as content differs.</param>
/// <param name="Format">The format that was used; never <see cref="ComparisonFormat.Auto"/>.</param>
/// <param name="Counts">Null when nothing was counted: byte-equal files, binary files.</param>
/// <param name="Reason">A short sentence for a person.</param>
internal sealed record ComparisonResult(bool Same, ComparisonFormat Format, ComparisonCounts? Counts, string Reason)
{
    // For a terminal and a pipe, not for HTML: a quote in a reason stays a quote.
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>One JSON object without a line break; the reader is <c>Invoke-DefragCompare</c>.</summary>
    public string ToJson()
    {
        ArrayBufferWriter<byte> buffer = new(256);
        using (Utf8JsonWriter json = new(buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteString("status"u8, Same ? "same"u8 : "changed"u8);
            json.WriteString("format"u8, FormatCatalog.NameOf(Format));
            if (Counts is { } counts)
            {
                json.WriteNumber("new"u8, counts.New);
                json.WriteNumber("absent"u8, counts.Absent);
                json.WriteNumber("updated"u8, counts.Updated);
                json.WriteNumber("unchanged"u8, counts.Unchanged);
                json.WriteNumber("moved"u8, counts.Moved);
            }

            json.WriteString("reason"u8, Reason);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
