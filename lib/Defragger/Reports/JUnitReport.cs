using System.Globalization;
using System.Text;
using System.Xml;
using Defragger.Compare;
using Defragger.Comparers.Differences;

namespace Defragger.Reports;

/// <summary>Test results in the XML that began with JUnit and that CI servers read.</summary>
/// <remarks>
/// One suite, a test for each case: its directory is the class, its file the test. Differences are failures; what could not be
/// compared is an error; ignored differences are a skipped test with the reason, so that they are never taken for a pass.
/// Memory figures of the run are properties of the suite; those of a case stand in its system-out, for the schema that Jenkins
/// checks with knows no properties of a test.
/// </remarks>
internal sealed class JUnitReport : IReport
{
    private const int LongestReason = 2000;
    private const int MostDifferences = 20;
    private static readonly CultureInfo s_plain = CultureInfo.InvariantCulture;

    private readonly Stream _stream;
    private readonly XmlWriter _xml;
    private IReadOnlyList<string> _reasons = [];

    public JUnitReport(Stream stream)
    {
        _stream = stream;
        _xml = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true, NewLineChars = "\n" });
    }

    public void Begin(ReportHead head)
    {
        CompareSummary sum = head.Summary;
        _reasons = [.. (head.Record?.IgnoreRules ?? []).Select(rule => rule.Reason + (rule.Bug == null ? "" : $" ({rule.Bug})"))];
        _xml.WriteStartDocument();
        _xml.WriteStartElement("testsuites");
        _xml.WriteStartElement("testsuite");
        Attribute("name", head.Title);
        Attribute("tests", sum.Total.ToString(s_plain));
        Attribute("failures", head.Different.ToString(s_plain));
        Attribute("errors", head.Failed.ToString(s_plain));
        Attribute("skipped", sum.Count(CaseStatus.Ignored).ToString(s_plain));
        Attribute("timestamp", head.Header.Started.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", s_plain));
        if (head.End != null) Attribute("time", Seconds(head.End.Elapsed.TotalSeconds));
        WriteProperties(head);
    }

    public void Add(JournalLine line)
    {
        CaseResult one = line.Result;
        int name = one.Case.LastIndexOf('/') + 1;
        _xml.WriteStartElement("testcase");
        Attribute("name", one.Case[name..]);
        Attribute("classname", name > 1 ? one.Case[..(name - 1)] : "cases");
        Attribute("time", Seconds(one.Duration.TotalSeconds));
        string? outcome = one.Status switch
        {
            CaseStatus.Same => null,
            CaseStatus.Ignored => "skipped",
            CaseStatus.Changed or CaseStatus.Added or CaseStatus.Removed => "failure",
            _ => "error",
        };
        if (outcome != null)
        {
            _xml.WriteStartElement(outcome);
            Attribute("type", one.Status.ToString());
            Attribute("message", ReportText.Cut(Reason(one), LongestReason));
            foreach (Difference difference in (one.Differences ?? []).Take(MostDifferences)) _xml.WriteString($"\n{Told(difference)}");
            _xml.WriteEndElement();
        }
        if (Figures(one) is { Length: > 0 } figures) _xml.WriteElementString("system-out", figures);
        _xml.WriteEndElement();
    }

    public void End()
    {
        _xml.WriteEndElement();
        _xml.WriteEndElement();
        _xml.WriteEndDocument();
        _xml.Flush();
    }

    public void Dispose()
    {
        // A report that was given up has open elements, which Dispose would close.
        _xml.Dispose();
        _stream.Dispose();
    }

    private void WriteProperties(ReportHead head)
    {
        CompareSummary sum = head.Summary;
        (string Name, string? Value)[] properties =
        [
            ("baseline", head.Header.Baseline),
            ("candidate", head.Header.Candidate),
            ("verdict", head.Verdict),
            ("incomplete", head.Incomplete),
            ("exitCode", head.ExitCode.ToString(s_plain)),
            ("peakUsedBytes", Figure(head.Record?.PeakUsed ?? 0)),
            ("totalMemoryBytes", Figure(head.Record?.TotalMemory ?? 0)),
            ("largestCase", sum.Largest?.Case),
            ("largestCaseBytes", Figure(sum.Largest?.PeakMemory ?? 0)),
            ("kernelKills", head.Record?.KernelKills.ToString(s_plain)),
            ("ownKills", head.Record?.OwnKills.ToString(s_plain)),
        ];
        _xml.WriteStartElement("properties");
        foreach ((string name, string? value) in properties)
        {
            if (value == null) continue;
            _xml.WriteStartElement("property");
            Attribute("name", name);
            Attribute("value", value);
            _xml.WriteEndElement();
        }
        _xml.WriteEndElement();
    }

    /// <summary>Why; for what is ignored, with the reasons of the rules that cover it.</summary>
    private string Reason(CaseResult one)
    {
        IEnumerable<string> rules = (one.IgnoredBy ?? []).Where(hit => hit.Rule < _reasons.Count).Select(hit => $"{_reasons[hit.Rule]}: {hit.Count}");
        string by = string.Join("; ", rules);
        return by.Length == 0 ? one.Reason : $"{one.Reason} (ignored: {by})";
    }

    private static string Told(Difference one)
    {
        string rule = one.Rule == null ? "" : $" {one.Rule}", from = one.From == null ? "" : $" (was {one.From})";
        string says = one.Before != null && one.After != null && one.Before != one.After ? $": {one.Before} -> {one.After}" : $": {one.After ?? one.Before}";
        return ReportText.Visible($"{one.Kind.ToString().ToLowerInvariant()} {one.Place}{from}{rule}{says}");
    }

    private static string Figures(CaseResult one)
    {
        var text = new StringBuilder();
        if (one.PeakMemory > 0) text.Append(s_plain, $"peak memory: {one.PeakMemory} bytes ({one.PeakSource})\n");
        if (one.Reserved > 0) text.Append(s_plain, $"reserved: {one.Reserved} bytes, predicted: {one.Predicted} bytes ({one.PredictedFrom})\n");
        if (one.WaitSeconds > 0) text.Append(s_plain, $"waited: {one.WaitSeconds:0.###} s ({one.HeldBy})\n");
        if (one.Attempts > 1) text.Append(s_plain, $"attempts: {one.Attempts}\n");
        if (one.LogPath != null) text.Append(s_plain, $"log: {ReportText.Visible(one.LogPath)}\n");
        return text.ToString();
    }

    private void Attribute(string name, string value) => _xml.WriteAttributeString(name, ReportText.Visible(value));

    private static string? Figure(long bytes) => bytes > 0 ? bytes.ToString(s_plain) : null;

    private static string Seconds(double seconds) => seconds.ToString("0.000", s_plain);
}
