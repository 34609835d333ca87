using System.Globalization;
using CsvHelper;
using Defragger.Compare;

namespace Defragger.History;

/// <summary>One line of a history as CSV.</summary>
internal readonly record struct HistoryEntry(HistoryKey Key, PeakObservation Learned);

/// <summary>A history as CSV (RFC 4180, UTF-8): one line per run of a case, and one per lower bound.</summary>
/// <remarks>case, comparer, platform, outcome (Ended or OutOfMemory), peak_bytes, seconds, ended (ISO 8601, UTC).
/// Reading what was written gives the same history.</remarks>
internal static class HistoryCsv
{
    private const string Ended = "Ended", OutOfMemory = "OutOfMemory";
    private const long MostBytes = 1L << 60;
    private const double MostSeconds = 1e9;
    private const int LongestRecord = 64 * 1024;
    private static readonly string[] s_heading = ["case", "comparer", "platform", "outcome", "peak_bytes", "seconds", "ended"];
    private static readonly CultureInfo s_plain = CultureInfo.InvariantCulture;

    /// <summary>Writes all lines.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public static void Write(Stream stream, IEnumerable<CaseHistory> rows)
    {
        using CsvWriter csv = CsvWriter.Create(stream, new CsvWriterOptions { HasHeader = false, NewLine = "\n" }, leaveOpen: true);
        csv.WriteRecord(s_heading);
        foreach (CaseHistory row in rows)
        {
            foreach (PeakSample sample in row.Samples) csv.WriteRecord(Fields(row, Ended, sample));
            if (row.LowerBound is long bound)
                csv.WriteRecord(Fields(row, OutOfMemory, new PeakSample(row.LowerBoundAt!.Value, bound, TimeSpan.Zero)));
        }
    }

    /// <summary>Reads lines one by one. A line that is wrong is told and passed over.</summary>
    /// <param name="stream">The text.</param>
    /// <param name="fault">Told the number of a wrong line and what is wrong with it.</param>
    /// <exception cref="FormatException">The text is no such CSV at all: its first line is another.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IEnumerable<HistoryEntry> Read(Stream stream, Action<long, string> fault)
    {
        using CsvReader csv = CsvReader.Create(stream, new CsvReaderOptions
        {
            HasHeader = false,
            Separator = ',',
            DetectSeparatorHint = false,
            TrackLineNumbers = true,
            MaxRecordSize = LongestRecord,
        }, leaveOpen: true);
        if (!Next(csv) || !Strings(csv).SequenceEqual(s_heading))
            throw new FormatException($"its first line is not '{string.Join(',', s_heading)}'");
        while (Next(csv))
        {
            if (Parse(Strings(csv), out HistoryEntry entry) is string wrong) fault(csv.LineNumber, wrong);
            else yield return entry;
        }
    }

    private static bool Next(CsvReader csv)
    {
        try
        {
            return csv.Read();
        }
        catch (CsvFormatException e)
        {
            throw new FormatException($"it cannot be read after record {e.RecordNumber}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static string[] Strings(CsvReader csv) => [.. Enumerable.Range(0, csv.FieldCount).Select(csv.GetString)];

    private static string[] Fields(CaseHistory row, string outcome, PeakSample sample) =>
    [
        row.Case, row.Comparer, row.Platform, outcome, sample.Peak.ToString(s_plain),
        ((decimal)sample.Duration.Ticks / TimeSpan.TicksPerSecond).ToString(s_plain),
        sample.Ended.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", s_plain),
    ];

    /// <summary>Null and the entry, or what is wrong with the line.</summary>
    private static string? Parse(string[] fields, out HistoryEntry entry)
    {
        entry = default;
        if (fields.Length != s_heading.Length) return $"it has {fields.Length} fields and not {s_heading.Length}";
        string name = fields[0];
        if (CaseName.Fault(name) is string wrong) return $"'{name}' is no case name: {wrong}";
        if (fields[1].Length == 0) return "it names no comparer";
        if (fields[2].Length == 0) return "it names no platform";
        if (fields[3] is not (Ended or OutOfMemory)) return $"the outcome is {Ended} or {OutOfMemory}, but it is '{fields[3]}'";
        if (!long.TryParse(fields[4], NumberStyles.None, s_plain, out long peak) || peak is < 1 or > MostBytes)
            return $"peak_bytes is a whole number from 1 to {MostBytes}, but it is '{fields[4]}'";
        if (!decimal.TryParse(fields[5], NumberStyles.AllowDecimalPoint, s_plain, out decimal seconds) || seconds > (decimal)MostSeconds)
            return $"seconds is a number from 0 to {MostSeconds:0}, but it is '{fields[5]}'";
        if (!DateTimeOffset.TryParse(fields[6], s_plain, DateTimeStyles.AssumeUniversal, out DateTimeOffset ended)
            || ended < DateTimeOffset.UnixEpoch)
            return $"ended is a time such as 2026-01-31T12:00:00Z, but it is '{fields[6]}'";
        var sample = new PeakSample(ended, peak, TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond)));
        entry = new HistoryEntry(new HistoryKey(fields[1], fields[2]), new PeakObservation(name, fields[3] == OutOfMemory, sample));
        return null;
    }
}
