using System.Globalization;
using System.Net;
using System.Text;
using Defragger.Compare;
using Defragger.Comparers.Rules;

namespace Defragger.Reports;

/// <summary>The page around the data: what can be read without a script (verdict, counts, rules) and the places of the rest.</summary>
internal static class HtmlPage
{
    private static readonly CultureInfo s_plain = CultureInfo.InvariantCulture;

    /// <summary>The page up to its data.</summary>
    /// <param name="head">The run.</param>
    /// <param name="style">The style sheet.</param>
    /// <param name="styleHash">Its SHA-256 in Base64, for the policy.</param>
    /// <param name="scriptHash">That of the script.</param>
    /// <param name="seconds">How long the run ran.</param>
    public static string Begin(ReportHead head, string style, string styleHash, string scriptHash, double seconds)
    {
        var page = new StringBuilder();
        page.Append(s_plain, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{styleHash}'; script-src 'sha256-{scriptHash}'; base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width">
            <meta name="color-scheme" content="light dark">
            <title>{Text(head.Verdict)} {Text(head.Title)}</title>
            <style>{style}</style>
            </head>
            <body>
            <header>
            <div class="banner code{head.ExitCode}">
            <p class="quiet">{Text(head.Title)}</p>
            <h1>{Text(head.Verdict)}</h1>
            <p class="facts"><span>{head.Header.Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC</span><span>{Span(seconds)}</span>{Facts(head)}</p>
            {(head.Incomplete == null ? "" : $"<p class=\"incomplete\">{Text(head.Incomplete)}</p>")}
            </div>
            </header>
            <main>
            <noscript><p class="incomplete">The table, the differences and the graph need a browser with scripts switched on.</p></noscript>
            <section aria-labelledby="cases-title">
            <h2 id="cases-title">Cases</h2>
            <div class="tools" role="group" aria-label="Cases by status">{Chips(head)}</div>
            <div class="tools"><label for="filter">Filter</label><input type="search" id="filter" placeholder="words of case or reason ( / )" autocomplete="off" spellcheck="false">
            <button type="button" class="chip" id="all" hidden>Show all</button><output id="shown" aria-live="polite"></output></div>
            <div id="grid" role="grid" aria-labelledby="cases-title" aria-colcount="9">
            <div id="view" role="rowgroup"><div role="row" class="row head" aria-rowindex="1" id="head"></div><div id="space"></div></div>
            <p class="empty" id="none" hidden>No case fits the filter.</p>
            </div>
            <div id="printed"></div>
            <div id="detail" role="region" aria-label="The chosen case" hidden></div>
            </section>

            """);
        Memory(page);
        Lists(page);
        Rules(page, head);
        Noise(page, head);
        About(page, head);
        return page.Append("</main>\n").ToString();
    }

    private static string Chips(ReportHead head) => string.Concat(head.Counts.Select(one =>
        $"<button type=\"button\" class=\"chip\" data-status=\"{((int)one.Status).ToString(s_plain)}\" aria-pressed=\"false\"><b>{ReportHead.Number(one.Count)}</b> {ReportHead.Words(one.Status)}</button>"));

    private static string Facts(ReportHead head)
    {
        CompareSummary sum = head.Summary;
        var facts = new List<string>();
        (string Name, long Count)[] findings =
            [("new", sum.New), ("absent", sum.Absent), ("updated", sum.Updated), ("moved", sum.Moved), ("unchanged", sum.Unchanged), ("ignored", sum.Ignored), ("noise", sum.Noise)];
        string told = string.Join(", ", findings.Where(one => one.Count > 0).Select(one => $"{ReportHead.Number(one.Count)} {one.Name}"));
        if (told.Length > 0) facts.Add($"findings: {told}");
        if (head.Record is { PeakUsed: > 0 } met) facts.Add($"at most {MemorySize.Format(met.PeakUsed)} of {MemorySize.Format(met.TotalMemory)} used");
        if (head.Record is RunRecord record && record.KernelKills + record.OwnKills > 0)
            facts.Add($"killed for want of memory: {ReportHead.Number(record.KernelKills)} by the kernel, {ReportHead.Number(record.OwnKills)} by the run");
        return string.Concat(facts.Select(fact => $"<span>{Text(fact)}</span>"));
    }

    private static void Memory(StringBuilder page) => page.Append("""
        <section id="memory" aria-labelledby="memory-title" hidden>
        <h2 id="memory-title">Memory</h2>
        <svg id="graph" role="slider" tabindex="0" aria-label="Memory over the run; arrow keys go from sample to sample" aria-valuemin="0" aria-valuenow="0"></svg>
        <p class="legend"><span><span class="key used"></span>used</span><span><span class="key budget"></span>budget</span><span><span class="key reserved"></span>reserved, with what other programs use</span>
        <span><span class="key running"></span>cases running</span><span><span class="key limit"></span>their limit</span></p>
        <div id="moment"><p class="quiet">Point at the graph, or go through it with the arrow keys, to see which cases ran at a moment.</p></div>
        </section>

        """);

    private static void Lists(StringBuilder page) => page.Append("""
        <section class="columns">
        <div id="biggest" hidden><h2>Most memory</h2></div>
        <div id="slowest" hidden><h2>Longest</h2></div>
        <div id="held" hidden><h2>Why cases waited</h2></div>
        <div id="waited" hidden><h2>Waited longest</h2></div>
        </section>

        """);

    /// <summary>Known differences: what covers them, why, and how often; also what covered nothing.</summary>
    private static void Rules(StringBuilder page, ReportHead head)
    {
        IReadOnlyList<IgnoreRule> rules = head.Record?.IgnoreRules ?? [];
        IReadOnlyList<string> tolerances = head.Record?.Tolerances ?? [];
        if (rules.Count + tolerances.Count == 0 && head.Summary.Ignored == 0) return;
        page.Append("<section>\n<h2>Ignored</h2>\n");
        if (head.Summary.Ignored > 0)
            page.Append(s_plain, $"<p>{ReportHead.Number(head.Summary.Ignored)} differences are ignored; a case with nothing else is never called the same.</p>\n");
        if (tolerances.Count > 0) page.Append(s_plain, $"<p>Tolerances: {Text(string.Join(", ", tolerances))}</p>\n");
        if (rules.Count > 0)
        {
            page.Append("<table class=\"list\"><thead><tr><th scope=\"col\">Rule</th><th scope=\"col\">Reason</th><th scope=\"col\">Bug</th><th scope=\"col\">Owner</th><th scope=\"col\">Expires</th><th scope=\"col\" class=\"n\">Covered</th></tr></thead><tbody>\n");
            var today = DateOnly.FromDateTime((head.End?.Ended ?? head.Header.Started).UtcDateTime);
            for (int i = 0; i < rules.Count; i++)
            {
                IgnoreRule rule = rules[i];
                long hits = head.Summary.IgnoredBy.GetValueOrDefault(i);
                string covered = rule.HasExpired(today) ? "expired" : hits == 0 ? "nothing" : ReportHead.Number(hits);
                page.Append(s_plain, $"<tr{(hits == 0 ? " class=\"off\"" : "")}><td>{Text(What(rule))}</td><td>{Text(rule.Reason)}</td><td>{Text(rule.Bug)}</td><td>{Text(rule.Owner)}</td><td>{rule.Expires:yyyy-MM-dd}</td><td class=\"n\">{covered}</td></tr>\n");
            }
            page.Append("</tbody></table>\n");
        }
        page.Append("</section>\n");
    }

    /// <summary>What differs between runs of the baseline: counted and shown, for noise that is silent hides what is none.</summary>
    private static void Noise(StringBuilder page, ReportHead head)
    {
        IReadOnlyList<string> further = head.Record?.FurtherBaselines ?? [];
        if (head.Summary.Noise == 0 && further.Count == 0) return;
        page.Append(s_plain, $"<section>\n<h2>Noise</h2>\n<p>{ReportHead.Number(head.Summary.Noise)} differences are noise: they are where runs of the baseline differ too.</p>\n");
        if (further.Count > 0) page.Append(s_plain, $"<p>Compared with: {Text(string.Join(", ", further))}</p>\n");
        page.Append("<div id=\"noisiest\" hidden></div>\n</section>\n");
    }

    private static void About(StringBuilder page, ReportHead head)
    {
        page.Append(s_plain, $"<section>\n<h2>Run</h2>\n<dl><dt>Baseline</dt><dd>{Text(head.Header.Baseline)}</dd><dt>Candidate</dt><dd>{Text(head.Header.Candidate)}</dd>");
        if (head.Record is RunRecord record)
            page.Append(s_plain, $"<dt>Throttle</dt><dd>{record.Throttle}, at most {record.ThrottleLimit} cases at once</dd>");
        page.Append(s_plain, $"<dt>Defragger</dt><dd>{Text(head.Header.Defragger)}</dd></dl>\n</section>\n");
    }

    private static string What(IgnoreRule rule)
    {
        string when = rule.When is null ? "any difference" : string.Join(" or ", rule.When.Select(change => change.ToString().ToLowerInvariant()));
        (string Name, string? Value)[] parts = [("case", rule.Case), ("path", rule.Path), ("rule", rule.Rule)];
        return string.Join(", ", [when, .. parts.Where(part => part.Value != null).Select(part => $"{part.Name} {part.Value}")]);
    }

    private static string Span(double seconds) =>
        seconds < 60 ? seconds.ToString(seconds < 10 ? "0.00" : "0.0", s_plain) + " s"
        : seconds < 3600 ? $"{(int)seconds / 60} min {(int)seconds % 60:00} s"
        : $"{(int)seconds / 3600} h {(int)seconds % 3600 / 60:00} min";

    private static string Text(string? text) => WebUtility.HtmlEncode(ReportText.Visible(text ?? ""));
}
