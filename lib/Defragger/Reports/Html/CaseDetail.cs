using Defragger.Compare;
using Defragger.Comparers;
using Defragger.Comparers.Differences;

namespace Defragger.Reports;

/// <summary>What a page shows of the differences of one case.</summary>
/// <param name="Text">The two files side by side; null when they are not shown so.</param>
/// <param name="List">The differences that the journal kept, where there is no text; null for none.</param>
/// <param name="Note">What is not shown and why; null when nothing is to be said.</param>
internal sealed record CaseDetail(TextDifference? Text, IReadOnlyList<Difference>? List, string? Note)
{
    /// <summary>What there is to show of a case that differs: text side by side, findings and records as a list; null for a case of
    /// which nothing is to be said.</summary>
    public static CaseDetail? Of(JournalLine line, JournalHeader header)
    {
        CaseResult one = line.Result;
        if (one.Status is not (CaseStatus.Changed or CaseStatus.Ignored)) return null;
        bool isText = FormatCatalog.Default.ByName(one.Case) is ComparisonFormat.Text or ComparisonFormat.Auto;
        CaseDetail? files = isText || one.Differences == null ? OfFiles(line, header) : null;
        return files?.Text != null || one.Differences == null ? files : new CaseDetail(null, one.Differences, LeftOut(one));
    }

    /// <summary>Looks at the files of a case.</summary>
    /// <remarks>A journal may come from elsewhere. Its paths are read only where they lie in the run's own directories, lead nowhere
    /// else, and lead to the files that were compared, by size and time.</remarks>
    private static CaseDetail? OfFiles(JournalLine line, JournalHeader header)
    {
        CaseResult one = line.Result;
        if (one.BaselinePath is null || one.CandidatePath is null) return null;
        if (!IsBelow(one.BaselinePath, header.Baseline) || !IsBelow(one.CandidatePath, header.Candidate)
            || OutsideLink.Fault(new TestCase(one.Case, one.BaselinePath, one.CandidatePath), [], [header.Baseline, header.Candidate]) != null)
            return Nothing("The files do not lie in the run's directories and are not shown.");
        if (FileStamp.Of(one.BaselinePath) != line.Baseline || FileStamp.Of(one.CandidatePath) != line.Candidate)
            return Nothing("The files are not the ones that were compared any more and are not shown.");
        try
        {
            TextDifference? text = TextDifference.Of(one.Case, one.BaselinePath, one.CandidatePath);
            return text == null ? Nothing("The files are no text, or too long to be shown here.") : new CaseDetail(text, null, text.Note);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ComparisonException)
        {
            return Nothing($"The files cannot be read: {e.Message}");
        }
    }

    private static string? LeftOut(CaseResult one)
    {
        long all = (one.New ?? 0) + (one.Absent ?? 0) + (one.Updated ?? 0) + (one.Moved ?? 0) + (one.Ignored ?? 0) + (one.Noise ?? 0);
        return all > one.Differences!.Count ? $"{ReportHead.Number(one.Differences.Count)} of {ReportHead.Number(all)} differences were kept (-MaxDifference)." : null;
    }

    private static CaseDetail Nothing(string note) => new(null, null, note);

    private static bool IsBelow(string path, string directory) => CaseName.Below(path, directory) != null;
}
