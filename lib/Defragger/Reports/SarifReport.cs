using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Defragger.Compare;

namespace Defragger.Reports;

/// <summary>SARIF 2.1.0: a result for each case that is not the same, for the viewers and gates that read what analysers say.</summary>
/// <remarks>
/// The rule is the case's status. Where something was compared the baseline state tells how: Added is new, Removed is absent,
/// Changed and Ignored are updated; an ignored case is suppressed, with the rules' reasons. A case that could not be compared has
/// no state. The fingerprint is of case and status, so that the same case is the same result in the next run's report.
/// </remarks>
internal sealed class SarifReport(Stream stream) : IReport
{
    private const string Schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
    private const int FlushAt = 64 * 1024;

    private static readonly CaseStatus[] s_rules = [.. ReportHead.BySeverity.Where(status => status != CaseStatus.Same)];

    private readonly Utf8JsonWriter _json = new(stream, new JsonWriterOptions { Indented = true });
    private IReadOnlyList<string> _reasons = [];

    public void Begin(ReportHead head)
    {
        _reasons = [.. (head.Record?.IgnoreRules ?? []).Select(rule => rule.Reason + (rule.Bug == null ? "" : $" ({rule.Bug})"))];
        _json.WriteStartObject();
        _json.WriteString("$schema", Schema);
        _json.WriteString("version", "2.1.0");
        _json.WriteStartArray("runs");
        _json.WriteStartObject();
        WriteTool(head);
        WriteInvocation(head);
        _json.WriteStartObject("originalUriBaseIds");
        WriteBase("BASELINE", head.Header.Baseline);
        WriteBase("CANDIDATE", head.Header.Candidate);
        _json.WriteEndObject();
        _json.WriteString("columnKind", "utf16CodeUnits");
        _json.WriteStartObject("properties");
        _json.WriteString("verdict", head.Verdict);
        if (head.Incomplete != null) _json.WriteString("incomplete", head.Incomplete);
        _json.WriteNumber("cases", head.Summary.Total);
        _json.WriteEndObject();
        _json.WriteStartArray("results");
    }

    public void Add(JournalLine line)
    {
        CaseResult one = line.Result;
        if (one.Status == CaseStatus.Same) return;
        _json.WriteStartObject();
        _json.WriteString("ruleId", RuleId(one.Status));
        _json.WriteNumber("ruleIndex", Array.IndexOf(s_rules, one.Status));
        _json.WriteString("level", Level(one.Status));
        WriteText("message", $"{one.Case}: {ReportHead.Words(one.Status)}{(one.Reason.Length > 0 ? $", {one.Reason}" : "")}");
        WriteLocation(one);
        _json.WriteStartObject("partialFingerprints");
        UInt128 print = XxHash128.HashToUInt128(Encoding.UTF8.GetBytes($"{one.Status}\0{one.Case}"));
        _json.WriteString("caseAndStatus/v1", print.ToString("x32", CultureInfo.InvariantCulture));
        _json.WriteEndObject();
        if (BaselineState(one.Status) is string state) _json.WriteString("baselineState", state);
        if (one.Status == CaseStatus.Ignored) WriteSuppression(one);
        WriteFigures(one);
        _json.WriteEndObject();
        if (_json.BytesPending > FlushAt) _json.Flush();
    }

    public void End()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
    }

    public void Dispose()
    {
        _json.Dispose();
        stream.Dispose();
    }

    private void WriteTool(ReportHead head)
    {
        _json.WriteStartObject("tool");
        _json.WriteStartObject("driver");
        _json.WriteString("name", "Defragger");
        _json.WriteString("version", head.Header.Defragger);
        _json.WriteStartArray("rules");
        foreach (CaseStatus status in s_rules)
        {
            _json.WriteStartObject();
            _json.WriteString("id", RuleId(status));
            WriteText("shortDescription", Description(status));
            _json.WriteStartObject("defaultConfiguration");
            _json.WriteString("level", Level(status));
            _json.WriteEndObject();
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    private void WriteInvocation(ReportHead head)
    {
        _json.WriteStartArray("invocations");
        _json.WriteStartObject();
        _json.WriteBoolean("executionSuccessful", head.State is ReportState.Completed or ReportState.Unknown);
        _json.WriteString("startTimeUtc", Time(head.Header.Started));
        if (head.End != null) _json.WriteString("endTimeUtc", Time(head.End.Ended));
        _json.WriteNumber("exitCode", head.ExitCode);
        _json.WriteEndObject();
        _json.WriteEndArray();
    }

    private void WriteBase(string id, string directory)
    {
        _json.WriteStartObject(id);
        _json.WriteString("uri", "file://" + Escape(directory.TrimEnd('/') + "/"));
        _json.WriteEndObject();
    }

    private void WriteLocation(CaseResult one)
    {
        // What is gone is in the baseline alone; all else is looked for in the candidate.
        string side = one.Status == CaseStatus.Removed ? "BASELINE" : "CANDIDATE";
        _json.WriteStartArray("locations");
        _json.WriteStartObject();
        _json.WriteStartObject("physicalLocation");
        _json.WriteStartObject("artifactLocation");
        _json.WriteString("uri", Escape(one.Case));
        _json.WriteString("uriBaseId", side);
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.WriteEndArray();
    }

    private void WriteSuppression(CaseResult one)
    {
        IEnumerable<string> by = (one.IgnoredBy ?? []).Where(hit => hit.Rule < _reasons.Count).Select(hit => _reasons[hit.Rule]);
        if (one.Tolerated > 0) by = by.Append("within tolerance");
        if (one.Noise > 0) by = by.Append("noise: runs of the baseline differ there too");
        _json.WriteStartArray("suppressions");
        _json.WriteStartObject();
        _json.WriteString("kind", "external");
        _json.WriteString("justification", string.Join("; ", by.DefaultIfEmpty(one.Reason)));
        _json.WriteEndObject();
        _json.WriteEndArray();
    }

    private void WriteFigures(CaseResult one)
    {
        _json.WriteStartObject("properties");
        _json.WriteString("status", one.Status.ToString());
        (string Name, long? Value)[] figures =
        [
            ("new", one.New), ("absent", one.Absent), ("updated", one.Updated), ("moved", one.Moved), ("unchanged", one.Unchanged),
            ("ignored", one.Ignored), ("noise", one.Noise), ("peakBytes", one.PeakMemory > 0 ? one.PeakMemory : null), ("exitCode", one.ExitCode), ("signal", one.Signal),
        ];
        foreach ((string name, long? value) in figures)
            if (value is long number) _json.WriteNumber(name, number);
        if (one.Attempts > 0) _json.WriteNumber("seconds", (decimal)one.Duration.Ticks / TimeSpan.TicksPerSecond);
        _json.WriteEndObject();
    }

    private void WriteText(string name, string text)
    {
        _json.WriteStartObject(name);
        _json.WriteString("text", ReportText.Visible(text));
        _json.WriteEndObject();
    }

    private static string RuleId(CaseStatus status) => $"case/{status}";

    private static string Level(CaseStatus status) => status switch
    {
        CaseStatus.Ignored => "note",
        CaseStatus.Changed or CaseStatus.Added or CaseStatus.Removed => "warning",
        _ => "error",
    };

    private static string? BaselineState(CaseStatus status) => status switch
    {
        CaseStatus.Added => "new",
        CaseStatus.Removed => "absent",
        CaseStatus.Changed or CaseStatus.Ignored => "updated",
        _ => null,
    };

    private static string Description(CaseStatus status) => status switch
    {
        CaseStatus.Changed => "The results of the case differ.",
        CaseStatus.Added => "Only the candidate has the case.",
        CaseStatus.Removed => "Only the baseline has the case.",
        CaseStatus.Ignored => "The results differ only in what a rule or a tolerance lets differ.",
        CaseStatus.Timeout => "The comparer ran longer than the time limit.",
        CaseStatus.OutOfMemory => "The comparer was killed for want of memory.",
        CaseStatus.DoesNotFit => "The case needs more memory than there is.",
        CaseStatus.Cancelled => "The run was stopped while the case ran.",
        _ => "The case could not be compared.",
    };

    private static string Escape(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
