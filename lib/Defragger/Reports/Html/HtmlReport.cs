using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Defragger.Compare;

namespace Defragger.Reports;

/// <summary>One page for a browser that stands alone: the verdict, a table of all cases, their differences, memory over the run.</summary>
/// <remarks>
/// 1. Nothing is loaded: style, script and data are in the page, and its policy (CSP) names the two by their hashes and forbids all else.
/// 2. What comes from a run is text: encoded where it stands in markup; in JSON with every character escaped that could end its
///    element; and shown by the script as text nodes only.
/// 3. A case is written as it is pulled: one line of about 100 bytes, with its differences while there is room: at most
///    <see cref="MostDetail"/> a case and <see cref="MostDetails"/> in all; what is left out is said in its place.
/// </remarks>
internal sealed class HtmlReport : IReport
{
    private const int MostDetail = 48 << 10;
    private const int MostDetails = 6 << 20;
    private const int LongestText = 2000;

    private static readonly string s_style = Resource("page.css");
    private static readonly string s_script = Resource("cases.js") + Resource("memory.js") + Resource("lists.js");

    // The default encoder: <, >, &, ' and all that is not ASCII are \u escapes, so that no text ends the element that it is in.
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly ArrayBufferWriter<byte> _detail = new(MostDetail);
    private readonly Stream _stream;
    private readonly Utf8JsonWriter _json;
    private ReportHead? _head;
    private RunClock? _clock;
    private bool _first = true;
    private long _details;
    private int _shown;

    public HtmlReport(Stream stream)
    {
        _stream = stream;
        _json = new Utf8JsonWriter(_buffer);
    }

    public void Begin(ReportHead head)
    {
        _head = head;
        string samples = OutputFolder.SamplesOf(head.Directory);
        List<MemorySample> points = File.Exists(samples) ? [.. MemoryLog.Read(samples)] : [];
        _clock = new RunClock(head.Header.Started, points);
        Write(HtmlPage.Begin(head, s_style, Hash(s_style), Hash(s_script), points.Count == 0 ? 0 : points[^1].Seconds));
        Write("<script type=\"application/json\" id=\"meta\">");
        HtmlData.WriteMeta(_json, head, MemoryGraph.Thin(points));
        Flush();
        Write("</script>\n<script type=\"application/json\" id=\"cases\">[");
    }

    public void Add(JournalLine line)
    {
        Write(_first ? "\n" : ",\n");
        _first = false;
        byte[]? detail = DetailOf(line);
        HtmlData.WriteCase(_json, line.Result, _clock!.At(line.Result.Ended), LongestText, detail);
        Flush();
    }

    public void End()
    {
        Write("]</script>\n<script>");
        Write(s_script);
        Write("</script>\n</body>\n</html>\n");
        _stream.Flush();
    }

    public void Dispose()
    {
        _json.Dispose();
        _stream.Dispose();
    }

    /// <summary>The differences of a case as JSON; null when there is nothing to say.</summary>
    private byte[]? DetailOf(JournalLine line)
    {
        if (line.Result.Status is not (CaseStatus.Changed or CaseStatus.Ignored)) return null;
        if (_details >= MostDetails)
            return HtmlData.Note($"The differences of {ReportHead.Number(_shown)} cases are shown, {MostDetails >> 20} MB in all; those of this one were left out.");
        if (CaseDetail.Of(line, _head!.Header) is not CaseDetail detail) return null;
        _detail.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_detail)) HtmlData.WriteDetail(json, detail, MostDetail);
        _details += _detail.WrittenCount;
        _shown++;
        return _detail.WrittenSpan.ToArray();
    }

    private void Flush()
    {
        _json.Flush();
        _stream.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
        _json.Reset();
    }

    private void Write(string text) => _stream.Write(Encoding.UTF8.GetBytes(text));

    private static string Hash(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Resource(string name)
    {
        using Stream stream = typeof(HtmlReport).Assembly.GetManifestResourceStream($"Defragger.Reports.{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
