using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Defragger.History;

/// <summary>A case's row: name, comparer, platform, samples, lower bound and its time. Read and write are exact inverses.</summary>
internal static class HistoryRow
{
    /// <summary>Reads the row under the cursor.</summary>
    /// <exception cref="FormatException">It is not one that <see cref="Write"/> makes.</exception>
    public static CaseHistory Read(SqliteDataReader row)
    {
        try
        {
            return new CaseHistory
            {
                Case = row.GetString(0),
                Comparer = row.GetString(1),
                Platform = row.GetString(2),
                Samples = Samples(row.GetString(3)),
                LowerBound = row.IsDBNull(4) ? null : row.GetInt64(4),
                LowerBoundAt = row.IsDBNull(5) ? null : Moment(row.GetInt64(5)),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or InvalidCastException
            or FormatException or ArgumentOutOfRangeException or OverflowException)
        {
            throw new FormatException($"a row cannot be read ({e.Message})", e);
        }
    }

    /// <summary>Sets the parameters of a command that writes the row.</summary>
    public static void Write(SqliteCommand command, CaseHistory row)
    {
        command.Parameters["@name"].Value = row.Case;
        command.Parameters["@samples"].Value = Text(row.Samples);
        command.Parameters["@bound"].Value = (object?)row.LowerBound ?? DBNull.Value;
        command.Parameters["@at"].Value = row.LowerBoundAt is DateTimeOffset at ? Microseconds(at) : DBNull.Value;
    }

    private static string Text(IReadOnlyList<PeakSample> samples) => new StringBuilder("[")
        .AppendJoin(',', samples.Select(one =>
            $"[{Microseconds(one.Ended)},{one.Peak},{one.Duration.Ticks / TimeSpan.TicksPerMicrosecond}]"))
        .Append(']').ToString();

    // By hand over the bytes: a run begins by reading 100,000 of these, and a document of each takes three times as long.
    private static List<PeakSample> Samples(string text)
    {
        Span<byte> bytes = stackalloc byte[1024];
        int length = Encoding.UTF8.TryGetBytes(text, bytes, out int fitted) ? fitted : 0;
        var json = new Utf8JsonReader(length > 0 ? bytes[..length] : Encoding.UTF8.GetBytes(text));
        var samples = new List<PeakSample>();
        Expect(ref json, JsonTokenType.StartArray);
        while (json.Read() && json.TokenType == JsonTokenType.StartArray)
        {
            samples.Add(new PeakSample(
                Moment(Number(ref json)), Number(ref json), TimeSpan.FromTicks(checked(Number(ref json) * TimeSpan.TicksPerMicrosecond))));
            Expect(ref json, JsonTokenType.EndArray);
        }
        return json.TokenType == JsonTokenType.EndArray ? samples : throw new JsonException("the samples are no list of lists");
    }

    private static long Number(ref Utf8JsonReader json)
    {
        Expect(ref json, JsonTokenType.Number);
        return json.GetInt64();
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType token)
    {
        if (!json.Read() || json.TokenType != token) throw new JsonException($"the samples have {json.TokenType} where {token} belongs");
    }

    private static long Microseconds(DateTimeOffset moment) => (moment - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset Moment(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(checked(microseconds * TimeSpan.TicksPerMicrosecond));
}
