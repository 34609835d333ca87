using Defragger.Compare;

namespace Defragger.Admission;

/// <summary>What an admission says when it is asked for the next case.</summary>
internal enum AdmissionAnswer
{
    /// <summary>Nothing is queued.</summary>
    Idle,

    /// <summary>Start this case now. It counts as running from here on.</summary>
    Start,

    /// <summary>Start nothing now.</summary>
    Hold,

    /// <summary>This case cannot fit this machine: it has left the queue and must not be started.</summary>
    DoesNotFit,
}

/// <summary>An answer with all figures that it was made of, so that it can be explained.</summary>
/// <param name="Answer">What to do.</param>
/// <param name="Id">The case to start or to refuse; for a hold the case that waits.</param>
/// <param name="Prediction">What that case is expected to need.</param>
/// <param name="Reserved">What is set aside for it, in bytes.</param>
/// <param name="HeldBy">What holds the queue now; for a start, what held this case before.</param>
/// <param name="Books">The sums that were compared.</param>
internal readonly record struct AdmissionDecision(
    AdmissionAnswer Answer, long Id, Prediction Prediction, long Reserved, HoldReason HeldBy, AdmissionBooks Books);

/// <summary>The sums of an admission, in bytes.</summary>
/// <param name="Budget">The most that may be planned with: what is known of the cases decides on the share of the capacity.</param>
/// <param name="Foreign">What others than the cases use.</param>
/// <param name="Reserved">What is set aside for the running cases.</param>
/// <param name="Available">What the machine has left now.</param>
/// <param name="Ceiling">The most workers after kills; the cap when there were none.</param>
internal readonly record struct AdmissionBooks(long Budget, long Foreign, long Reserved, long Available, int Ceiling)
{
    /// <summary>What may still be set aside, in bytes; negative when too much already is.</summary>
    public long Free => Budget - Foreign - Reserved;
}
