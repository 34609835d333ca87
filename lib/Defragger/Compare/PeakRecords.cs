using Defragger.Admission;
using Defragger.History;

namespace Defragger.Compare;

/// <summary>What the history knows, as the admission asks for it.</summary>
internal static class PeakRecords
{
    /// <summary>One case's row.</summary>
    public static PeakRecord Of(CaseHistory one) =>
        new(one.Case, PeakWindow.Need(one.Samples, lowerBound: null), one.Duration, one.LowerBound ?? 0);
}
