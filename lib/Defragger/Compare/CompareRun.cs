using Defragger.Admission;
using Defragger.Engines;
using Defragger.History;

namespace Defragger.Compare;

/// <summary>One run: takes cases, starts them as the admission allows, and hands on each result as it ends.</summary>
/// <remarks>
/// One thread runs the loop and owns all state; the launcher's threads only post to its queue. Per turn: begin a reading of
/// memory when a tick is due, take cases, start what may start, wait for the next event. Always true:
/// 1. a case that was started, or that needs no process, gets exactly one result, also when the run is stopped;
/// 2. a result stands in the journal before anyone is told of it;
/// 3. running cases never outnumber the limit at the moment the last of them was started;
/// 4. memory: the running cases and at most <see cref="RunQueue.Most"/> that wait, whatever the number of cases;
/// 5. what a change while the run goes on lowers only holds cases back: it never ends one.
/// </remarks>
internal sealed class CompareRun
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(100);

    // Cases that need no process (on one side only, or resumed) must not keep the loop from ended ones.
    private const int MostAtOnce = 256;

    private readonly RunOptions _options;
    private readonly RunWorld _world;
    private readonly RunOutput _output;
    private readonly IRunListener _listener;
    private readonly PeakHistory? _history;
    private readonly IAdmission _admission;
    private readonly RunQueue _queue;
    private readonly RunThrottle _throttle;
    private readonly MemoryWatch _memory;
    private readonly Mailbox<Event> _events = new();
    private readonly HashSet<long> _running = [];
    private readonly CaseLedger _ledger;
    private readonly CompareSummary _summary;
    private readonly long _began;
    private readonly CaseSource _source;

    private AdmissionDecision _last; // what the admission said last
    private long _budget; // the last that was planned with; 0 before the first
    private TimeSpan _nextTick;
    private bool _warnedOfLimit;
    private bool _stopping;

    /// <summary>What other threads tell: how a case ended, what the running ones hold, or only that there is something to do.</summary>
    private readonly record struct Event(long Id, ProcessReport? Report, IReadOnlyList<CaseMemory>? Held);

    /// <summary>Prepares a run; nothing starts yet.</summary>
    /// <exception cref="IOException">Memory cannot be read.</exception>
    public CompareRun(
        RunOptions options, CaseSource source, RunWorld world, RunOutput output, PeakHistory? history, IRunListener listener)
    {
        (_options, _source, _world, _output, _history, _listener) = (options, source, world, output, history, listener);
        _ledger = new CaseLedger(options, output, listener, world.Time);
        _summary = _ledger.Summary;
        _memory = new MemoryWatch(world, held => _events.Add(new Event(-1, null, held)));
        _throttle = new RunThrottle(options, _memory.Memory.Total, output.Control, listener);
        _admission = AdmissionOf(options, history, _throttle.Capacity, _memory.Memory.Used);
        _queue = new RunQueue(source, _admission);
        _began = world.Time.GetTimestamp();
        source.Wake = Wake;
    }

    private TimeSpan Now => _world.Time.GetElapsedTime(_began);

    /// <summary>Runs to the end, or until it is stopped: then running cases are ended and count as cancelled.</summary>
    /// <exception cref="IOException">The journal or the samples cannot be written. Running cases have been ended.</exception>
    /// <exception cref="LauncherLostException">The launcher died. Its cases have been ended.</exception>
    public CompareSummary Run(CancellationToken stop)
    {
        using CancellationTokenRegistration woken = stop.Register(Wake);
        try
        {
            while (true)
            {
                if (stop.IsCancellationRequested) Stop();
                bool due = Now >= _nextTick;
                if (due) Tick();
                bool more = !_stopping && Fill();
                if (due) ShowMoment();
                if (_running.Count == 0 && _queue.SourceDone && (_stopping || _admission.Waiting == 0)) break;
                if (!more) _events.Wait(_nextTick - Now);
                while (_events.TryTake(out Event told)) Handle(told);
            }
        }
        finally
        {
            foreach (long id in _running) _world.Launcher.Cancel(id);
        }
        Sample(always: true);
        _summary.Elapsed = Now;
        _summary.PeakUsed = _output.Samples.PeakUsed;
        _summary.TotalMemory = _memory.Memory.Total;
        _summary.Stopped = _stopping;
        return _summary;
    }

    private static IAdmission AdmissionOf(RunOptions options, PeakHistory? history, long capacity, long used)
    {
        if (options.Throttle == ThrottlePolicy.Tiers) return new TierAdmission(options.OomRetry);
        return new AdmissionPolicy(
            new AdmissionOptions { OomRetry = options.OomRetry }, new Predictor((history?.Known ?? []).Select(PeakRecords.Of), capacity, Shares()));

        // A case of which nothing is known is given a share of the capacity. Of what other programs leave of the budget, so many
        // shares are to be had as there are workers: or else some of them rest until the first case has ended.
        int Shares()
        {
            long free = Math.Max((long)(capacity * AdmissionOptions.LeastShare) - used, capacity / 4);
            return (int)Math.Min(Math.Ceiling((double)capacity * options.ThrottleLimit / free), int.MaxValue);
        }
    }

    private void Wake() => _events.Add(new Event(-1, null, null));

    private void Stop()
    {
        if (_stopping) return;
        _stopping = true;
        _queue.Close();
        foreach (long id in _running) _world.Launcher.Cancel(id);
        foreach (CaseInHand one in _queue.InHand.Where(one => one.Attempts > 0 && !one.IsRunning))
        {
            Finish(Verdict.Blank(one.Case) with { Status = CaseStatus.Cancelled, Reason = "the run was stopped before it was tried again" },
                one);
        }
    }

    private void Tick()
    {
        _nextTick = Now + s_tick;
        if (_memory.Begin(_running.Count > 0)) Take();
        if (_history?.TakeWarning() is string warning) _listener.Warned(warning);
    }

    /// <summary>Takes a complete reading, and ends a case when memory is about to run out.</summary>
    private void Take()
    {
        TimeSpan now = Now;
        _admission.Update(_throttle.Update(_memory, now));
        while (!_stopping && _admission.Victim(now) is long id && _queue.Find(id) is CaseInHand victim)
        {
            victim.IsVictim = true;
            _world.Launcher.Cancel(id);
        }
    }

    private void ShowMoment()
    {
        Sample(always: false);
        HoldReason bound = _last.Answer == AdmissionAnswer.Hold ? _last.HeldBy : HoldReason.ThrottleLimit;
        _listener.Moved(new RunProgress(
            _summary.Total, _source.Total, _running.Count, new ThrottleDecision(_last.Books.Ceiling, bound, 0),
            _memory.Memory.Used, _throttle.Capacity, Remaining()));
    }

    private void Sample(bool always)
    {
        // With nothing queued the books are empty; the budget is what it was.
        if (_last.Books.Budget > 0) _budget = _last.Books.Budget;
        _output.Samples.Add(
            new MemorySample(Now.TotalSeconds, _memory.Memory.Used, _memory.Memory.Total, _running.Count, _last.Books.Ceiling,
                _last.Books.Foreign + _last.Books.Reserved, _budget > 0 ? _budget : _throttle.Capacity, _world.Time.GetUtcNow()), always);
    }

    private TimeSpan? Remaining()
    {
        long done = _summary.Total - _summary.Resumed;
        return _source.Total is long total && done > 0 && total >= _summary.Total
            ? Now / done * (total - _summary.Total)
            : null;
    }

    /// <summary>Takes cases, and starts what may start. True when it stopped only to let ended cases in.</summary>
    private bool Fill()
    {
        bool more = _queue.Take(MostAtOnce, _ledger.TrySettle, Now);
        for (int i = 0; i < MostAtOnce; i++)
        {
            _last = _admission.Next(Now);
            if (_last.Answer == AdmissionAnswer.Idle) return more;
            CaseInHand one = _queue.Find(_last.Id)!;
            if (_last.Answer == AdmissionAnswer.Hold)
            {
                one.Held(_last, Now);
                return more;
            }
            if (_last.Answer == AdmissionAnswer.Start) Start(_last, one);
            else Refuse(_last, one);
        }
        return true;
    }

    private void Start(AdmissionDecision start, CaseInHand one)
    {
        TimeSpan wait = one.Started(start, Now, _options.Comparer);
        _running.Add(start.Id);
        if (one.HeldBy > HoldReason.ThrottleLimit && wait > TimeSpan.Zero)
            _listener.Decided(Explanation.Held(one.Case.Name, wait, one.Hold));
        ProcessSpec spec = _options.Comparer.Prepare(one.Case) with
        {
            Timeout = _options.Timeout,
            MemoryLimit = _options.CaseMemoryLimit,
        };
        _world.Launcher.Start(start.Id, spec, (ended, report) => _events.Add(new Event(ended, report, null)));
    }

    private void Refuse(AdmissionDecision refused, CaseInHand one)
    {
        _queue.Remove(refused.Id);
        Finish(Verdict.Blank(one.Case) with
        {
            Status = CaseStatus.DoesNotFit,
            Reason = Explanation.CannotFit(refused, Machine),
        }, one);
    }

    private void Handle(Event told)
    {
        if (told.Held is IReadOnlyList<CaseMemory> held)
        {
            foreach (CaseMemory one in held)
            {
                if (_running.Contains(one.Id)) _admission.Observe(one.Id, _queue.Find(one.Id)!.Observed(one.Bytes));
            }
            _memory.Complete();
            Take();
        }
        if (told.Report is not ProcessReport report || !_running.Remove(told.Id)) return;
        if (report.LauncherLost) throw new LauncherLostException(report.StartError ?? "the launcher ended");
        WarnOfLimit(report);
        End(told.Id, _queue.Find(told.Id)!, report);
    }

    /// <summary>An attempt has ended: the case waits again, or has its result.</summary>
    private void End(long id, CaseInHand one, ProcessReport report)
    {
        CaseResult result = Verdict.Judge(one.Case, report, _options.Comparer.MustReport);
        one.IsRunning = false;
        one.CpuTime += result.CpuTime;
        long peak = CaseEnding.Peak(one, report);
        CaseOutcome outcome = _stopping ? CaseOutcome.Failed : CaseEnding.Outcome(result, one, report, _options.CaseMemoryLimit);
        if (outcome == CaseOutcome.Victim) _summary.OwnKills++;
        if (report.OutOfMemory) _summary.KernelKills++;
        AfterEnd after = _admission.Ended(id, outcome, peak, report.Duration, Now);
        Remember(one, outcome, peak, report.Duration);
        if (after == AfterEnd.Retry)
        {
            _listener.Decided(Explanation.Retried(one.Case.Name, outcome == CaseOutcome.Victim, one, peak));
            return;
        }
        _queue.Remove(id);
        result = CaseEnding.Final(result, after, outcome, one, report, Machine);
        if (!result.Decided)
            result = result with { LogPath = _output.WriteLog(result.Case, report.StandardOutput, report.StandardError) };
        Finish(result, one);
    }

    /// <summary>What the case needed, for the runs to come. A case that was ended though it kept within what was set aside for it
    /// says nothing: another took the memory.</summary>
    private void Remember(CaseInHand one, CaseOutcome outcome, long peak, TimeSpan duration)
    {
        bool killed = outcome == CaseOutcome.OutOfMemory || (outcome == CaseOutcome.Victim && peak > one.Start.Reserved);
        if (peak > 0 && (killed || outcome == CaseOutcome.Completed))
            _history?.Add(new PeakObservation(one.Case.Name, killed, new PeakSample(_world.Time.GetUtcNow(), peak, duration)));
    }

    private void WarnOfLimit(ProcessReport report)
    {
        if (report.MemoryLimited != false || _warnedOfLimit) return;
        _warnedOfLimit = true;
        _listener.Warned("The memory limit of a case is not enforced: no cgroup can be made here "
            + "(it takes root, or a cgroup that was delegated to you).");
    }

    private void Finish(CaseResult result, CaseInHand one) =>
        _ledger.Finish(CaseEnding.WithFigures(result, one), one.Baseline, one.Candidate, one.Comparer);

    private MemorySizes Machine => new(_memory.Memory.Total, _memory.Memory.Available);
}
