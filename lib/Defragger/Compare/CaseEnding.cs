using Defragger.Admission;
using Defragger.Engines;

namespace Defragger.Compare;

/// <summary>What an ended attempt says about memory, and what its case's result says in the end. Pure.</summary>
internal static class CaseEnding
{
    // A case's own limit counts its page cache too, so the last bytes before it may be that.
    private const double NearLimit = 0.9;

    /// <summary>The most that the case held in the attempt, in bytes.</summary>
    public static long Peak(CaseInHand one, ProcessReport report) => Math.Max(report.PeakMemory, one.MostHeld);

    /// <summary>How the attempt ended, as far as memory goes.</summary>
    public static CaseOutcome Outcome(CaseResult result, CaseInHand one, ProcessReport report, long? caseLimit)
    {
        if (one.IsVictim && report.Cancelled) return CaseOutcome.Victim;
        if (result.Decided) return CaseOutcome.Completed;
        if (result.Status != CaseStatus.OutOfMemory) return CaseOutcome.Failed;
        // Its own limit: the user's word, and no more memory would change it.
        bool ownLimit = report.MemoryLimited == true && report.PeakMemory >= caseLimit * NearLimit;
        return ownLimit ? CaseOutcome.Failed : CaseOutcome.OutOfMemory;
    }

    /// <summary>The result when nothing is tried again.</summary>
    public static CaseResult Final(CaseResult result, AfterEnd after, CaseOutcome outcome, CaseInHand one, ProcessReport report, MemorySizes machine)
    {
        long peak = Peak(one, report);
        return after switch
        {
            AfterEnd.OutOfMemory => result with
            {
                Status = CaseStatus.OutOfMemory,
                Reason = Explanation.OutOfMemory(outcome == CaseOutcome.Victim, one, peak),
            },
            AfterEnd.DoesNotFit => result with
            {
                Status = CaseStatus.DoesNotFit,
                Reason = Explanation.DidNotFit(one, peak, machine),
            },
            _ => result,
        };
    }

    /// <summary>The result with what is known of all its attempts.</summary>
    public static CaseResult WithFigures(CaseResult result, CaseInHand one)
    {
        bool sampled = result.PeakSource == PeakSource.Rusage && one.MostHeld > result.PeakMemory;
        bool predicted = one.Start.Reserved > 0;
        return result with
        {
            CpuTime = one.CpuTime,
            PeakMemory = sampled ? one.MostHeld : result.PeakMemory,
            PeakSource = sampled ? PeakSource.Sampled : result.PeakSource,
            Predicted = predicted ? one.Start.Prediction.Peak : 0,
            PredictedFrom = predicted ? one.Start.Prediction.Source : null,
            Reserved = one.Start.Reserved,
            HeldBy = one.HeldBy,
            WaitSeconds = Math.Round(one.Waited.TotalSeconds, 3),
            Attempts = one.Attempts,
        };
    }
}
