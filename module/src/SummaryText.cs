using System.Globalization;
using Defragger.Compare;
using Defragger.Reports;

namespace Defragger.PowerShell;

/// <summary>The lines that end a run on a terminal.</summary>
internal static class SummaryText
{
    public static IEnumerable<string> Lines(CompareSummary summary, OutputFolder folder, IEnumerable<ReportFormat> reports)
    {
        yield return $"{N(summary.Total, "case")} in {Span(summary.Elapsed)}: {Cases(summary)}"
            + (summary.Resumed > 0 ? $" ({summary.Resumed:N0} taken over from the journal)" : "")
            + (summary.Stopped ? "; stopped before the end" : "");
        if (summary.New + summary.Absent + summary.Updated + summary.Unchanged + summary.Moved + summary.Ignored + summary.Noise > 0)
        {
            yield return $"findings: {summary.New:N0} new, {summary.Absent:N0} absent, {summary.Updated:N0} updated, "
                + $"{summary.Moved:N0} moved, {summary.Unchanged:N0} unchanged"
                + (summary.Ignored > 0 ? $", {summary.Ignored:N0} ignored" : "")
                + (summary.Noise > 0 ? $", {summary.Noise:N0} noise" : "");
        }
        yield return $"memory: at most {MemorySize.Format(summary.PeakUsed)} of {MemorySize.Format(summary.TotalMemory)} used"
            + (summary.Largest is CaseResult largest ? $"; largest case {MemorySize.Format(largest.PeakMemory)} ({largest.Case})" : "");
        if (summary.KernelKills + summary.OwnKills > 0)
            yield return $"killed for want of memory: {summary.KernelKills:N0} by the kernel, {summary.OwnKills:N0} by this run";
        yield return $"journal: {folder.Journal}";
        yield return $"graph:   {folder.MemoryGraph}";
        foreach (ReportFormat report in reports.Distinct())
            yield return $"report:  {Path.Combine(folder.FullPath, ReportFiles.NameOf(report))}";
    }

    /// <summary>A time for people: '0.42 s', '3 min 05 s', '2 h 10 min'.</summary>
    public static string Span(TimeSpan time) =>
        time.TotalSeconds < 60 ? time.TotalSeconds.ToString(time.TotalSeconds < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture) + " s"
        : time.TotalMinutes < 60 ? $"{(int)time.TotalMinutes} min {time.Seconds:00} s"
        : $"{(int)time.TotalHours} h {time.Minutes:00} min";

    private static string Cases(CompareSummary summary) => string.Join(", ", Enum.GetValues<CaseStatus>()
        .Where(status => summary.Count(status) > 0 || status <= CaseStatus.Changed)
        .Select(status => string.Create(CultureInfo.InvariantCulture, $"{summary.Count(status):N0} {Words(status)}")));

    private static string Words(CaseStatus status) => status switch
    {
        CaseStatus.OutOfMemory => "out of memory",
        CaseStatus.DoesNotFit => "too large for this machine",
        CaseStatus.Error => "with an error",
        CaseStatus.Timeout => "timed out",
        _ => status.ToString().ToLowerInvariant(),
    };

    private static string N(long count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? "" : "s")}");
}
