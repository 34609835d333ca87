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
            or ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
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

    private static PeakSample[] Samples(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return [.. document.RootElement.EnumerateArray().Select(one => new PeakSample(
            Moment(one[0].GetInt64()), one[1].GetInt64(), TimeSpan.FromTicks(checked(one[2].GetInt64() * TimeSpan.TicksPerMicrosecond))))];
    }

    private static long Microseconds(DateTimeOffset moment) => (moment - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset Moment(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(checked(microseconds * TimeSpan.TicksPerMicrosecond));
}
