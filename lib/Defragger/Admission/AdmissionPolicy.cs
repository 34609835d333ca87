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
    public void Observe(long id, long bytes) => _running.Observe(id, bytes, _moment.Now);

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
        if (_queue.Lanes.First is not Lane first) return new(AdmissionAnswer.Idle, -1, default, 0, HoldReason.None, books);
        if (CannotFit(first)) return Refuse(first, books);
        if (_running.Count == 0) return Start(first, now, books);
        return Brake(books) is var brake and not HoldReason.None ? Hold(first, brake, books) : Choose(first, now, books);
    }

    /// <summary>The case to end now because memory is about to run out; null while it is not. Each is named once.</summary>
    public long? Victim(TimeSpan now)
    {
        long lacking = Backstop - _moment.Memory.Available - _running.Ending;
        if (lacking <= 0 || _running.Count == 0) return null;
        // The last one is ended only for what it did itself: with others' memory gone it would just be started again.
        if (_running.Count == 1 && _running.All.First().Value is var last && last.Held <= last.Predicted) return null;
        // More than what lacks: what grows grows on, and a kill for each step of it would cost more cases.
        if (VictimChoice.Of(_running.All, lacking + (_moment.Memory.Total / 8), now) is not long id) return null;
        _running.End(id);
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

    // Below this much available memory cases are ended.
    private long Backstop => Reserve / 2;

    private AdmissionBooks Books(TimeSpan now)
    {
        // The smaller of the two: a budget is the user's word, a capacity the machine's.
        long capacity = Math.Min(_moment.Budget, _moment.Memory.Total);
        double known = (double)(_queue.Known + 1) / (_queue.Count + 1);
        double share = AdmissionOptions.LeastShare
            + ((AdmissionOptions.MostShare - AdmissionOptions.LeastShare) * Math.Min(1, known / 0.9));
        int ceiling = _kills.Ceiling(_moment.Cap.Limit, now);
        // Never into what Victim defends: cases that all need what was predicted are not to be ended for it.
        long budget = Math.Min((long)(capacity * share), _moment.Memory.Total - Backstop);
        return new(budget, _foreign.Bytes, _running.Reserved, _moment.Memory.Available, ceiling);
    }

    private HoldReason Brake(AdmissionBooks books) =>
        _running.Count >= books.Ceiling ? books.Ceiling < _moment.Cap.Limit ? HoldReason.Ceiling : _moment.Cap.Reason
        : _running.HasAlone ? HoldReason.Reservation
        : _pressure.Holds ? HoldReason.Pressure
        : HoldReason.None;

    private AdmissionDecision Choose(Lane first, TimeSpan now, AdmissionBooks books)
    {
        long room = Math.Min(books.Free, books.Available - Reserve);
        bool passedOver = first.Next.PassedOverSince != null;
        if (!passedOver && Heavy(room, books) is Lane heavy)
        {
            first.Next.PassedOverSince = now;
            return Start(heavy, now, books);
        }
        HoldReason lack = Lack(first, room, books);
        if (lack == HoldReason.None) return Start(first, now, books);

        QueuedCase waiting = first.Next;
        waiting.PassedOverSince ??= now;
        bool starved = now - waiting.PassedOverSince >= _options.Barrier;
        if (starved)
        {
            lack = HoldReason.Starvation;
            room = Math.Min(room, RoomBeside(first, books));
        }
        // Each idle core gets its share of what is left, so that one long case does not take it all and the others rest.
        long share = room / Math.Max(1, books.Ceiling - _running.Count);
        Lane? other = _queue.Lanes.FirstWithin(share) ?? _queue.Lanes.FirstWithin(room);
        if (other == null) return Hold(first, lack, books);
        waiting.HeldBy = lack;
        return Start(other, now, books, starved ? waiting.Id : null);
    }

    /// <summary>A large case, when less is set aside than what waits needs on the average; null when there is enough.</summary>
    /// <remarks>Longest first leaves short cases with much memory for the end, where they wait for each other while cores rest.
    /// So the memory is kept as full as what waits, spread evenly over the workers, will keep it.</remarks>
    private Lane? Heavy(long room, AdmissionBooks books)
    {
        const double Ahead = 1.1;
        if (_queue.Lanes.Work <= 0) return null;
        double mean = _queue.Lanes.Area / _queue.Lanes.Work;
        double fair = Math.Min(mean * _moment.Cap.Limit * Ahead, books.Budget - books.Foreign);
        return books.Reserved < fair ? _queue.Lanes.LargestWithin((long)Math.Min(room, fair - books.Reserved + mean)) : null;
    }

    private static HoldReason Lack(Lane lane, long room, AdmissionBooks books) =>
        lane.Next.Alone || lane.Prediction.Peak > books.Free ? HoldReason.Reservation
        : lane.Prediction.Peak > room ? HoldReason.Available
        : HoldReason.None;

    /// <summary>What a case may need that starts while another is waited for: its worker's share of what that one leaves.</summary>
    /// <remarks>What started since the wait began has to fit beside the awaited case all together, so none of it makes the
    /// wait longer; and cores need not rest while memory is saved up.</remarks>
    private long RoomBeside(Lane awaited, AdmissionBooks books)
    {
        if (awaited.Next.Alone) return -1;
        long beside = _running.ReservedBeside(awaited.Next.Id);
        // Both bounds that the awaited case will have to keep to once it can start; and room for what is set aside
        // for the others while they grow up to what was predicted.
        double left = (Math.Min(books.Budget, _moment.Memory.Total - Reserve) - books.Foreign - awaited.Prediction.Peak)
            / RunningCases.Growth;
        return (long)Math.Min(left - beside, left / _moment.Cap.Limit);
    }

    private bool CannotFit(Lane lane) =>
        lane.Prediction.Source == PredictionSource.LowerBound
        && _predictor.LowerBound(lane.Next.Name) >= _moment.Memory.Total;

    private AdmissionDecision Start(Lane lane, TimeSpan now, AdmissionBooks books, long? beside = null)
    {
        Prediction prediction = lane.Prediction;
        QueuedCase one = _queue.Take(lane);
        long reserved = one.Alone ? Math.Max(books.Free, prediction.Peak) : prediction.Peak;
        _running.Add(one, prediction, reserved, now, beside);
        HoldReason held = one.HeldBy != HoldReason.None ? one.HeldBy : now > one.Since ? _lastHold : HoldReason.None;
        return new(AdmissionAnswer.Start, one.Id, prediction, reserved, held, books);
    }

    private AdmissionDecision Hold(Lane lane, HoldReason reason, AdmissionBooks books)
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
            _queue.Add(one.Case with { PassedOverSince = null });
            return AfterEnd.Retry;
        }
        _predictor.LearnLowerBound(one.Case.Name, held);
        if (one.Case.Alone) return AfterEnd.DoesNotFit;
        int failures = one.Case.Failures + 1;
        if (failures > _options.OomRetry) return AfterEnd.OutOfMemory;
        _queue.Add(one.Case with { Failures = failures, Alone = failures == _options.OomRetry, PassedOverSince = null });
        return AfterEnd.Retry;
    }
}
