using Defragger.Compare;

namespace Defragger.Admission;

/// <summary>Decides which case starts when, so that memory does not run out and no core rests that need not. Pure: no
/// clock, no gauge, no process; the same calls give the same answers.</summary>
/// <remarks>
/// The caller queues cases, asks for the next one whenever something changed, and tells how cases end. At each tick it tells
/// what each running case holds (<see cref="Observe"/>), then what the machine has (<see cref="Update"/>), and
/// asks for a <see cref="Victim"/>. Always true:
/// 1. while cases wait, at least one runs, whatever the memory;
/// 2. a case starts beside others only if what is set aside for all, with what others use, stays within the budget;
/// 3. cases never start beyond the cap of the moment, nor beyond the ceiling after kills;
/// 4. once the next case in order has been passed over for the barrier's time nothing starts before it;
/// 5. a case that ran out of memory is tried again with more, last of all alone, and never more often than allowed.
/// A decision costs O(log n) for n waiting cases; an observation O(1); a victim O(running).
/// </remarks>
internal sealed class AdmissionPolicy : IAdmission
{
    private readonly AdmissionOptions _options;
    private readonly Predictor _predictor;
    private readonly CaseQueue _queue;
    private readonly RunningCases _running = new();
    private readonly KillBudget _kills = new();
    private readonly PressureHold _pressure = new();
    private readonly ForeignMemory _foreign;
    private AdmissionMoment _moment;
    private HoldReason _lastHold;
    private bool _updated;

    /// <summary>Makes a policy for one run.</summary>
    /// <param name="options">What the user chose.</param>
    /// <param name="predictor">What is known of the cases.</param>
    public AdmissionPolicy(AdmissionOptions options, Predictor predictor)
    {
        (_options, _predictor) = (options, predictor);
        _queue = new CaseQueue(predictor);
        _foreign = new ForeignMemory(options.ForeignWindow);
    }

    /// <summary>How many cases wait.</summary>
    public int Waiting => _queue.Count;

    /// <summary>How many cases run.</summary>
    public int Running => _running.Count;

    /// <summary>How often the ceiling after kills has moved.</summary>
    public int CeilingChanges => _kills.Changes;

    /// <summary>Takes the world's state. Must be called once before the first decision, and after the observations of a tick.</summary>
    public void Update(in AdmissionMoment moment)
    {
        _moment = moment;
        _updated = true;
        _pressure.Update(moment.Pressure, moment.Now);
        _foreign.Update(Math.Max(0, moment.Memory.Used - _running.Held), moment.Now);
    }

    /// <summary>Tells what a running case holds now, in bytes. A case that has ended is passed over.</summary>
    public void Observe(long id, long bytes) => _running.Observe(id, bytes);

    /// <summary>Queues a case.</summary>
    /// <param name="id">The caller's number for it, not in use.</param>
    /// <param name="name">Its name: the key of its history.</param>
    /// <param name="now">The time.</param>
    public void Enqueue(long id, string name, TimeSpan now) => _queue.Add(new QueuedCase(id, name, now));

    /// <summary>Decides what to do next. A case that it starts counts as running from here on; one that could not be
    /// started has ended with <see cref="CaseOutcome.Failed"/>.</summary>
    public AdmissionDecision Next(TimeSpan now)
    {
        if (!_updated) throw new InvalidOperationException("The policy was asked before it was told the memory.");
        AdmissionBooks books = Books(now);
        if (_queue.First is not Lane first) return new(AdmissionAnswer.Idle, -1, default, 0, HoldReason.None, books);
        if (CannotFit(first)) return Refuse(first, books);
        if (_running.Count == 0) return Start(first, now, books);
        if (Brake(books.Ceiling) is var brake and not HoldReason.None) return Hold(first, brake, now, books);
        if (Fits(first, books) is var lack and not HoldReason.None)
        {
            first.Next.BlockedSince ??= now;
            if (now - first.Next.BlockedSince >= _options.Barrier) return Hold(first, HoldReason.Starvation, now, books);
            Lane? other = _queue.FirstWithin(Math.Min(books.Free, books.Available - Reserve));
            if (other == null || other.Next.Alone) return Hold(first, lack, now, books);
            first.Next.HeldBy = lack;
            return Start(other, now, books);
        }
        return Start(first, now, books);
    }

    /// <summary>The case to end now because memory is about to run out; null while it is not. Each is named once.</summary>
    public long? Victim(TimeSpan now)
    {
        long coming = _running.All.Where(one => one.Value.Ending).Sum(one => one.Value.Held);
        long needed = (Reserve / 2) - _moment.Memory.Available - coming;
        if (needed <= 0) return null;
        if (_running.Count == 1 && _running.All.First().Value is var last && last.Held <= last.Predicted) return null;
        if (VictimChoice.Of(_running.All, needed, now) is not long id) return null;
        _running.All.First(one => one.Key == id).Value.Ending = true;
        return id;
    }

    /// <summary>A case has ended. A case that is to be tried again waits again when this returns.</summary>
    /// <param name="id">The case.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="peak">The most memory it held, in bytes.</param>
    /// <param name="duration">How long it ran.</param>
    /// <param name="now">The time.</param>
    public AfterEnd Ended(long id, CaseOutcome outcome, long peak, TimeSpan duration, TimeSpan now)
    {
        RunningCases.Running one = _running.Remove(id);
        long most = Math.Max(peak, one.MostHeld);
        switch (outcome)
        {
            case CaseOutcome.Completed:
                _predictor.Learn(one.Case.Name, peak, duration);
                _queue.Relearn(Predictor.Family(one.Case.Name));
                return AfterEnd.Final;
            case CaseOutcome.Failed:
                return AfterEnd.Final;
            default:
                _kills.Killed(_running.Count + 1, now);
                return Retry(one, outcome, most, now);
        }
    }

    private long Reserve => MemoryReserve.Of(_moment.Memory.Total);

    private AdmissionBooks Books(TimeSpan now)
    {
        // The smaller of the two: a budget is the user's word, a capacity the machine's.
        long capacity = Math.Min(_moment.Budget, _moment.Memory.Total);
        double known = (double)(_queue.Known + 1) / (_queue.Count + 1);
        double share = _options.ColdShare + ((_options.WarmShare - _options.ColdShare) * Math.Min(1, known / 0.9));
        int ceiling = _kills.Ceiling(_moment.Cap.Limit, now);
        return new((long)(capacity * share), _foreign.Bytes, _running.Reserved, _moment.Memory.Available, ceiling);
    }

    private HoldReason Brake(int ceiling) =>
        _running.Count >= ceiling ? ceiling < _moment.Cap.Limit ? HoldReason.Ceiling : _moment.Cap.Reason
        : _running.HasAlone ? HoldReason.Reservation
        : _pressure.Holds ? HoldReason.Pressure
        : HoldReason.None;

    private HoldReason Fits(Lane lane, AdmissionBooks books)
    {
        if (lane.Next.Alone || lane.Prediction.Peak > books.Free) return HoldReason.Reservation;
        return lane.Prediction.Peak > books.Available - Reserve ? HoldReason.Available : HoldReason.None;
    }

    private bool CannotFit(Lane lane) =>
        lane.Prediction.Source == PredictionSource.LowerBound
        && _predictor.LowerBound(lane.Next.Name) >= _moment.Memory.Total;

    private AdmissionDecision Start(Lane lane, TimeSpan now, AdmissionBooks books)
    {
        Prediction prediction = lane.Prediction;
        QueuedCase one = _queue.Take(lane);
        long reserved = one.Alone ? Math.Max(books.Free, prediction.Peak) : prediction.Peak;
        _running.Add(one, prediction, reserved, now);
        HoldReason held = one.HeldBy != HoldReason.None ? one.HeldBy : now > one.Since ? _lastHold : HoldReason.None;
        return new(AdmissionAnswer.Start, one.Id, prediction, reserved, held, books);
    }

    private AdmissionDecision Hold(Lane lane, HoldReason reason, TimeSpan now, AdmissionBooks books)
    {
        QueuedCase one = lane.Next;
        if (reason > one.HeldBy) one.HeldBy = reason; // memory is the rarer reason and the one to know of
        _lastHold = reason;
        return new(AdmissionAnswer.Hold, one.Id, lane.Prediction, 0, reason, books);
    }

    private AdmissionDecision Refuse(Lane lane, AdmissionBooks books)
    {
        Prediction prediction = lane.Prediction;
        QueuedCase one = _queue.Take(lane);
        return new(AdmissionAnswer.DoesNotFit, one.Id, prediction, 0, one.HeldBy, books);
    }

    private AfterEnd Retry(RunningCases.Running one, CaseOutcome outcome, long held, TimeSpan now)
    {
        // A victim that kept within what was set aside for it is not to blame: another took the memory.
        bool ownFault = outcome == CaseOutcome.OutOfMemory || held > one.Predicted;
        if (!ownFault)
        {
            _queue.Add(one.Case with { BlockedSince = null });
            return AfterEnd.Retry;
        }
        _predictor.LearnLowerBound(one.Case.Name, held);
        if (one.Case.Alone) return AfterEnd.DoesNotFit;
        int failures = one.Case.Failures + 1;
        if (failures > _options.OomRetry) return AfterEnd.OutOfMemory;
        _queue.Add(one.Case with { Failures = failures, Alone = failures == _options.OomRetry, BlockedSince = null });
        return AfterEnd.Retry;
    }
}
