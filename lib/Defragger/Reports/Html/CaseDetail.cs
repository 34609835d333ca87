using Defragger.Compare;
using Defragger.Comparers;

namespace Defragger.Reports;

/// <summary>What a page shows of the differences of one case.</summary>
/// <param name="Text">The two files side by side; null when they are not shown so.</param>
/// <param name="Note">What is not shown and why; null when nothing is to be said.</param>
internal sealed record CaseDetail(TextDifference? Text, string? Note)
{
    /// <summary>Looks at the files of a case that differs; null for a case whose files tell nothing.</summary>
    /// <remarks>A journal may come from elsewhere. Its paths are read only where they lie in the run's own directories, lead nowhere
    /// else, and lead to the files that were compared, by size and time.</remarks>
    public static CaseDetail? Of(JournalLine line, JournalHeader header)
    {
        CaseResult one = line.Result;
        if (one.Status is not (CaseStatus.Changed or CaseStatus.Ignored) || one.BaselinePath is null || one.CandidatePath is null) return null;
        if (!IsBelow(one.BaselinePath, header.Baseline) || !IsBelow(one.CandidatePath, header.Candidate)
            || OutsideLink.Fault(new TestCase(one.Case, one.BaselinePath, one.CandidatePath), [header.Baseline, header.Candidate]) != null)
            return new CaseDetail(null, "The files do not lie in the run's directories and are not shown.");
        if (FileStamp.Of(one.BaselinePath) != line.Baseline || FileStamp.Of(one.CandidatePath) != line.Candidate)
            return new CaseDetail(null, "The files are not the ones that were compared any more and are not shown.");
        if (FileType.IsOther(one.BaselinePath) || FileType.IsOther(one.CandidatePath)) return null;
        try
        {
            TextDifference? text = TextDifference.Of(one.Case, one.BaselinePath, one.CandidatePath);
            return text == null ? new CaseDetail(null, "The files are no text, or too long to be shown here.") : new CaseDetail(text, text.Note);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ComparisonException)
        {
            return new CaseDetail(null, $"The files cannot be read: {e.Message}");
        }
    }

    private static bool IsBelow(string path, string directory) => CaseName.Below(path, directory) != null;
}
