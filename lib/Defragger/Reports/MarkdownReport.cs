using System.Globalization;
using System.Text;
using Defragger.Compare;

namespace Defragger.Reports;

/// <summary>A short text for a comment on a change: the verdict, the counts, and a table of the worst cases.</summary>
/// <remarks>
/// At most <see cref="MostCases"/> cases, by severity and then by name, and <see cref="MostCharacters"/> in all, for a comment has
/// a limit; what is left out is counted. Names and reasons are escaped: no name makes a table, a link, an element or a mention.
/// Memory: the cases that are shown.
/// </remarks>
internal sealed class MarkdownReport(Stream stream) : IReport
{
    /// <summary>Rows of the table.</summary>
    public const int MostCases = 50;

    /// <summary>UTF-16 code units in all; GitHub takes 65,536 in a comment.</summary>
    public const int MostCharacters = 60_000;

    private const int LongestName = 200, LongestReason = 300, RoomForNote = 200;

    // The worst first; the last is the first to go.
    private readonly SortedSet<CaseResult> _kept = new(Comparer<CaseResult>.Create(Order));
    private ReportHead? _head;

    public void Begin(ReportHead head) => _head = head;

    public void Add(JournalLine line)
    {
        if (line.Result.Status == CaseStatus.Same) return;
        _kept.Add(line.Result);
        if (_kept.Count > MostCases) _kept.Remove(_kept.Max!);
    }

    public void End()
    {
        ReportHead head = _head!;
        CompareSummary sum = head.Summary;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"### {(head.ExitCode == 0 ? "✅" : head.ExitCode == 1 ? "❌" : "⚠️")} {head.Verdict}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{Plain(head.Title)}, {head.Header.Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC\n\n");
        if (head.Incomplete != null) text.Append(CultureInfo.InvariantCulture, $"**{Plain(head.Incomplete)}**\n\n");
        text.AppendJoin(", ", head.Counts.Select(one => $"{ReportHead.Number(one.Count)} {ReportHead.Words(one.Status)}")).Append("\n\n");
        if (sum.New + sum.Absent + sum.Updated + sum.Moved + sum.Ignored + sum.Noise > 0)
        {
            (string Name, long Count)[] counts =
                [("new", sum.New), ("absent", sum.Absent), ("updated", sum.Updated), ("moved", sum.Moved), ("unchanged", sum.Unchanged), ("ignored", sum.Ignored), ("noise", sum.Noise)];
            text.Append("Findings: ").AppendJoin(", ", counts.Where(one => one.Count > 0).Select(one => $"{ReportHead.Number(one.Count)} {one.Name}")).Append("\n\n");
        }
        WriteTable(text, sum.Total - sum.Count(CaseStatus.Same));
        stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
        stream.Flush();
    }

    public void Dispose() => stream.Dispose();

    private void WriteTable(StringBuilder text, long all)
    {
        if (_kept.Count == 0) return;
        text.Append("| Status | Case | New | Absent | Updated | Moved | Why |\n|---|---|--:|--:|--:|--:|---|\n");
        int shown = 0;
        foreach (CaseResult one in _kept)
        {
            string row = string.Create(CultureInfo.InvariantCulture,
                $"| {ReportHead.Words(one.Status)} | {Code(one.Case)} | {one.New} | {one.Absent} | {one.Updated} | {one.Moved} | {Plain(ReportText.Cut(one.Reason, LongestReason))} |\n");
            if (text.Length + row.Length > MostCharacters - RoomForNote) break;
            text.Append(row);
            shown++;
        }
        if (shown < all)
            text.Append(CultureInfo.InvariantCulture, $"\n{ReportHead.Number(all - shown)} more {(all - shown == 1 ? "case is" : "cases are")} not shown here.\n");
    }

    private static int Order(CaseResult a, CaseResult b)
    {
        int bySeverity = Severity(a).CompareTo(Severity(b));
        return bySeverity != 0 ? bySeverity : string.CompareOrdinal(a.Case, b.Case);

        static int Severity(CaseResult one)
        {
            for (int i = 0; i < ReportHead.BySeverity.Count; i++)
                if (ReportHead.BySeverity[i] == one.Status) return i;
            return ReportHead.BySeverity.Count;
        }
    }

    // An element and not backticks: what is inside backticks cannot be escaped, and a name may have backticks of its own.
    private static string Code(string name) => $"<code>{Escape(ReportText.Visible(ReportText.Cut(name, LongestName)))}</code>";

    // Sites make mentions of @name also where it is written as an entity; a zero-width space prevents it.
    private static string Plain(string text) => Escape(ReportText.Visible(text)).Replace("@", "@&#8203;", StringComparison.Ordinal);

    /// <summary>Every character that Markdown or HTML gives a meaning, as a number: it stands for itself then, everywhere.</summary>
    private static string Escape(string text)
    {
        const string Special = "\\`*_{}[]()<>#+!|~&\"'$:";
        var escaped = new StringBuilder(text.Length + 32);
        foreach (char one in text)
        {
            if (Special.Contains(one, StringComparison.Ordinal)) escaped.Append(CultureInfo.InvariantCulture, $"&#{(int)one};");
            else escaped.Append(one);
        }
        return escaped.ToString();
    }
}
