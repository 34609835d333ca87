using Defragger.Compare;

namespace Defragger.Admission;

/// <summary>Tiers alone: cases in the order in which they came, as many as the cap of the moment allows. Nothing is predicted,
/// nothing set aside, nobody ended.</summary>
/// <remarks>A case that ran out of memory is tried again after all others, the last time with nothing beside it.</remarks>
/// <param name="oomRetry">How often.</param>
internal sealed class TierAdmission(int oomRetry) : IAdmission
{
    private readonly Queue<Waiter> _waiting = [];
    private readonly Dictionary<long, Waiter> _running = [];
    private AdmissionMoment _moment;
    private bool _alone; // what runs tolerates nothing beside it

    private readonly record struct Waiter(long Id, int Failures, bool Alone);

    public int Waiting => _waiting.Count;

    public void Update(in AdmissionMoment moment) => _moment = moment;

    public void Observe(long id, long bytes) { }

    public void Enqueue(long id, string name, TimeSpan now) => _waiting.Enqueue(new Waiter(id, 0, false));

    public AdmissionDecision Next(TimeSpan now)
    {
        if (!_waiting.TryPeek(out Waiter first)) return Answer(AdmissionAnswer.Idle, -1, HoldReason.None);
        if (_running.Count > 0)
        {
            if (_running.Count >= _moment.Cap.Limit) return Answer(AdmissionAnswer.Hold, first.Id, _moment.Cap.Reason);
            if (_alone || first.Alone) return Answer(AdmissionAnswer.Hold, first.Id, HoldReason.Reservation);
        }
        _running.Add(first.Id, _waiting.Dequeue());
        _alone = first.Alone;
        return Answer(AdmissionAnswer.Start, first.Id, HoldReason.None);
    }

    public long? Victim(TimeSpan now) => null;

    public AfterEnd Ended(long id, CaseOutcome outcome, long peak, TimeSpan duration, TimeSpan now)
    {
        _running.Remove(id, out Waiter one);
        if (one.Alone) _alone = false;
        if (outcome is not (CaseOutcome.OutOfMemory or CaseOutcome.Victim)) return AfterEnd.Final;
        if (one.Alone) return AfterEnd.DoesNotFit;
        if (one.Failures == oomRetry) return AfterEnd.OutOfMemory;
        _waiting.Enqueue(new Waiter(id, one.Failures + 1, Alone: one.Failures + 1 == oomRetry));
        return AfterEnd.Retry;
    }

    private AdmissionDecision Answer(AdmissionAnswer answer, long id, HoldReason held) => new(
        answer, id, default, 0, held, new AdmissionBooks(_moment.Budget, 0, 0, _moment.Memory.Available, _moment.Cap.Limit));
}
