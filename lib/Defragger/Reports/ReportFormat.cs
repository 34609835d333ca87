namespace Defragger.Reports;

/// <summary>A kind of report on a run.</summary>
public enum ReportFormat
{
    /// <summary>One page for a browser that stands alone: report.html.</summary>
    Html,

    /// <summary>Test results as CI servers read them: junit.xml.</summary>
    JUnit,

    /// <summary>SARIF 2.1.0, a result for each case that is not the same: report.sarif.</summary>
    Sarif,

    /// <summary>JSON Lines in the journal's shape, each case once: report.jsonl.</summary>
    Jsonl,

    /// <summary>A row for each case: report.csv.</summary>
    Csv,

    /// <summary>A short text for a comment on a change: report.md.</summary>
    Markdown,
}
