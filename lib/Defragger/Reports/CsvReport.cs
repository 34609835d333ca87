using System.Globalization;
using CsvHelper;
using Defragger.Compare;

namespace Defragger.Reports;

/// <summary>A row for each case: RFC 4180, UTF-8, decimal points, sizes in bytes and times in seconds.</summary>
/// <remarks>A text that a spreadsheet would take for a formula (it begins with =, +, -, @, tab or carriage return) is written with
/// an apostrophe before it: a case can be named by whoever makes the results.</remarks>
internal sealed class CsvReport(Stream stream) : IReport
{
    private static readonly (string Name, Func<CaseResult, object?> Value)[] s_columns =
    [
        ("case", one => one.Case),
        ("status", one => one.Status),
        ("reason", one => one.Reason),
        ("new", one => one.New),
        ("absent", one => one.Absent),
        ("updated", one => one.Updated),
        ("moved", one => one.Moved),
        ("unchanged", one => one.Unchanged),
        ("ignored", one => one.Ignored),
        ("tolerated", one => one.Tolerated),
        ("noise", one => one.Noise),
        ("seconds", one => one.Duration.TotalSeconds),
        ("cpu_seconds", one => one.CpuTime.TotalSeconds),
        ("peak_bytes", one => one.PeakMemory),
        ("peak_source", one => one.PeakSource),
        ("predicted_bytes", one => one.Predicted),
        ("predicted_from", one => one.PredictedFrom),
        ("reserved_bytes", one => one.Reserved),
        ("wait_seconds", one => one.WaitSeconds),
        ("held_by", one => one.HeldBy),
        ("attempts", one => one.Attempts),
        ("exit_code", one => one.ExitCode),
        ("signal", one => one.Signal),
        ("ended", one => one.Ended.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
        ("baseline", one => one.BaselinePath),
        ("candidate", one => one.CandidatePath),
        ("log", one => one.LogPath),
    ];

    private readonly CsvWriter _csv =
        CsvWriter.Create(stream, new CsvWriterOptions { HasHeader = false, NewLine = "\r\n", Injection = CsvInjection.Escape }, leaveOpen: false);

    public void Begin(ReportHead head) => _csv.WriteRecord(s_columns.Select(column => column.Name).ToArray());

    public void Add(JournalLine line) => _csv.WriteRecord(s_columns.Select(column => Text(column.Value(line.Result))).ToArray());

    public void End() => _csv.Flush();

    public void Dispose() => _csv.Dispose();

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
