using System.Text.Json;
using Defragger.Compare;

namespace Defragger.Reports;

/// <summary>JSON Lines in the journal's own shape, so that what reads the one reads the other; but each case once.</summary>
internal sealed class JsonLinesReport(Stream stream) : IReport
{
    public void Begin(ReportHead head)
    {
        JsonSerializer.Serialize(stream, head.Header, JournalJson.Default.JournalHeader);
        stream.WriteByte((byte)'\n');
    }

    public void Add(JournalLine line)
    {
        JsonSerializer.Serialize(stream, line, JournalJson.Default.JournalLine);
        stream.WriteByte((byte)'\n');
    }

    public void End() => stream.Flush();

    public void Dispose() => stream.Dispose();
}
