using Defragger.Compare;
using Defragger.Files;

namespace Defragger.Reports;

/// <summary>Writes reports: one pull through the journal feeds all of them.</summary>
internal static class ReportFiles
{
    /// <summary>The file name of a report.</summary>
    public static string NameOf(ReportFormat format) => format switch
    {
        ReportFormat.Html => "report.html",
        ReportFormat.JUnit => "junit.xml",
        ReportFormat.Sarif => "report.sarif",
        ReportFormat.Jsonl => "report.jsonl",
        ReportFormat.Csv => "report.csv",
        ReportFormat.Markdown => "report.md",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such report."),
    };

    /// <summary>Writes reports on a run. Each is written beside and renamed when all are whole: there is never half a report,
    /// and never one of them that tells of another state than the others.</summary>
    /// <param name="source">The run.</param>
    /// <param name="formats">Which reports.</param>
    /// <param name="destination">Full path of the directory to write to; it is made where needed.</param>
    /// <param name="stop">Ends the writing; nothing is left of it.</param>
    /// <returns>Full paths of the files, in the order of the formats.</returns>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static IReadOnlyList<string> Write(
        ReportSource source, IReadOnlyCollection<ReportFormat> formats, string destination, CancellationToken stop = default)
    {
        Directory.CreateDirectory(destination);
        var written = new List<(string Beside, string Path)>();
        var reports = new List<IReport>();
        try
        {
            foreach (ReportFormat format in formats.Distinct())
            {
                string path = Path.Combine(destination, NameOf(format));
                string beside = AtomicFile.NameBeside(path);
                var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write);
                written.Add((beside, path));
                reports.Add(Open(format, stream));
            }
            foreach (IReport report in reports) report.Begin(source.Head);
            foreach (JournalLine line in source.Lines())
            {
                stop.ThrowIfCancellationRequested();
                foreach (IReport report in reports) report.Add(line);
            }
            foreach (IReport report in reports) report.End();
            foreach (IReport report in reports) report.Dispose();
            reports.Clear();
            foreach ((string beside, string path) in written) File.Move(beside, path, overwrite: true);
            return [.. written.Select(file => file.Path)];
        }
        catch
        {
            foreach (IReport report in reports) GiveUp(report);
            foreach ((string beside, _) in written) File.Delete(beside);
            throw;
        }
    }

    /// <summary>A report that writes to a stream, which it then owns.</summary>
    public static IReport Open(ReportFormat format, Stream stream) => format switch
    {
        ReportFormat.Html => new HtmlReport(stream),
        ReportFormat.JUnit => new JUnitReport(stream),
        ReportFormat.Sarif => new SarifReport(stream),
        ReportFormat.Jsonl => new JsonLinesReport(stream),
        ReportFormat.Csv => new CsvReport(stream),
        _ => new MarkdownReport(stream),
    };

    // Closing writes what is left, to a disk that may be full; what ended the reports is to be told, and not this.
    private static void GiveUp(IReport report)
    {
        try
        {
            report.Dispose();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
        }
    }
}
