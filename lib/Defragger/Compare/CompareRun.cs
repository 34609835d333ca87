using Defragger.Engines;
using Defragger.Gauges;

namespace Defragger.Compare;

/// <summary>One run: takes cases, starts them as the throttle allows, and hands on each result as it ends.</summary>
/// <remarks>
/// One thread runs the loop and owns all state; the launcher's threads only post ended cases to its queue. Per turn:
/// read memory when a tick is due, start what fits, wait for the next event. Always true:
/// 1. a case that was taken from the source gets exactly one result, also when the run is stopped;
/// 2. a result stands in the journal before anyone is told of it;
/// 3. running cases never outnumber the limit at the moment the last of them was started;
/// 4. memory: the running cases and one case in hand, whatever the number of cases.
/// </remarks>
internal sealed class CompareRun
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(100);

    // Cases that need no process (on one side only, or resumed) must not keep the loop from ended ones.
    private const int MostAtOnce = 256;

    private readonly RunOptions _options;
    private readonly CaseSource _source;
    private readonly ICaseLauncher _launcher;
    private readonly IMemoryGauge _gauge;
    private readonly TimeProvider _time;
    private readonly RunOutput _output;
    private readonly IRunListener _listener;
    private readonly Throttle _throttle;
    private readonly long _capacity;
    private readonly Mailbox<(long Id, ProcessReport? Report)> _events = new();
    private readonly Dictionary<long, RunningCase> _running = [];
    private readonly CompareSummary _summary = new();
    private readonly long _began;

    private HeldCase? _head; // the case whose turn it is
    private bool _sourceDone;
    private long _started; // ids handed out
    private MemoryReading _memory;
    private TimeSpan _nextTick;
    private bool _warnedOfLimit;
    private bool _stopping;

    private readonly record struct RunningCase(HeldCase Held, FileStamp Baseline, FileStamp Candidate, HoldReason HeldBy, TimeSpan Wait);

    /// <summary>A case in hand: since when it could have started, and what has held it.</summary>
    private sealed record HeldCase(TestCase Case, TimeSpan Since)
    {
        public HoldReason HeldBy { get; set; }
    }

    /// <summary>Prepares a run; nothing starts yet.</summary>
    /// <exception cref="IOException">Memory cannot be read.</exception>
    public CompareRun(
        RunOptions options, CaseSource source, ICaseLauncher launcher, IMemoryGauge gauge, TimeProvider time,
        RunOutput output, IRunListener listener)
    {
        (_options, _source, _launcher, _gauge, _time, _output, _listener) =
            (options, source, launcher, gauge, time, output, listener);
        _memory = gauge.Read();
        long? budget = options.Budget?.In(_memory.Total);
        _capacity = budget ?? _memory.Total;
        _throttle = new Throttle(
            options.ThrottleLimit, options.Tiers ?? MemoryTier.Default(options.ThrottleLimit), budget, _capacity);
        _began = time.GetTimestamp();
        source.Wake = Wake;
    }

    private TimeSpan Now => _time.GetElapsedTime(_began);

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
                if (due) ReadMemory();
                bool more = Fill();
                if (due) ShowMoment();
                if (_running.Count == 0 && _head == null && _sourceDone) break;
                if (!more) _events.Wait(_nextTick - Now);
                while (_events.TryTake(out (long Id, ProcessReport? Report) ended)) Handle(ended);
            }
        }
        finally
        {
            foreach (long id in _running.Keys) _launcher.Cancel(id);
        }
        Sample(always: true);
        _summary.Elapsed = Now;
        _summary.PeakUsed = _output.Samples.PeakUsed;
        _summary.TotalMemory = _memory.Total;
        _summary.Stopped = _stopping;
        return _summary;
    }

    private void Wake() => _events.Add(default);

    private void Stop()
    {
        if (_stopping) return;
        _stopping = true;
        _sourceDone = true;
        _head = null;
        foreach (long id in _running.Keys) _launcher.Cancel(id);
    }

    private void ReadMemory()
    {
        _nextTick = Now + s_tick;
        _memory = _gauge.Read();
        int before = _throttle.Current.Limit;
        ThrottleDecision now = _throttle.Update(_memory, Now);
        if (now.Limit != before)
        {
            _listener.Decided(
                $"{before} -> {now.Limit} workers: {MemorySize.Format(_memory.Used)} of {MemorySize.Format(_capacity)} used, "
                + (now.Reason == HoldReason.ThrottleLimit ? "no tier reached" : $"{now.Reason} at {MemorySize.Format(now.Level)}"));
        }
    }

    private void ShowMoment()
    {
        Sample(always: false);
        _listener.Moved(new RunProgress(
            _summary.Total, _source.Total, _running.Count, _throttle.Current, _memory.Used, _capacity, Remaining()));
    }

    private void Sample(bool always) => _output.Samples.Add(
        new MemorySample(Now.TotalSeconds, _memory.Used, _memory.Total, _running.Count, _throttle.Current.Limit), always);

    private TimeSpan? Remaining()
    {
        long done = _summary.Total - _summary.Resumed;
        return _source.Total is long total && done > 0 && total >= _summary.Total
            ? Now / done * (total - _summary.Total)
            : null;
    }

    /// <summary>Starts what may start. True when it stopped only to let ended cases in.</summary>
    private bool Fill()
    {
        for (int i = 0; i < MostAtOnce; i++)
        {
            if (_head == null && !TakeHead()) return false;
            if (_head == null) continue; // settled without a process
            if (_running.Count >= _throttle.Current.Limit)
            {
                Hold(_head, _throttle.Current);
                return false;
            }
            Start(_head);
            _head = null;
        }
        return true;
    }

    private static void Hold(HeldCase head, ThrottleDecision decision)
    {
        // Memory is the rarer reason and the one to know of: it is not covered up by a full house later on.
        if (decision.Reason > head.HeldBy) head.HeldBy = decision.Reason;
    }

    /// <summary>Takes the next case in hand, or settles it at once. False when there is none now.</summary>
    private bool TakeHead()
    {
        if (_sourceDone) return false;
        SourceState state = _source.TryTake(out TestCase next);
        _sourceDone = state == SourceState.Done;
        if (state != SourceState.Taken) return false;
        if (_output.Earlier(next, _options.Comparer.Identity) is CaseResult known) Tell(known);
        else if (next.BaselinePath == null || next.CandidatePath == null) Settle(next);
        else if (OutsideLink.Fault(next, _options.Within) is string fault) Finish(Verdict.Failed(next, fault), FileStamp.None, FileStamp.None);
        else _head = new HeldCase(next, Now);
        return true;
    }

    private void Settle(TestCase one)
    {
        CaseResult result = one.BaselinePath == null && one.CandidatePath == null
            ? Verdict.Failed(one, "neither side has it")
            : Verdict.OneSided(one);
        Finish(result, FileStamp.Of(one.BaselinePath), FileStamp.Of(one.CandidatePath));
    }

    private void Start(HeldCase held)
    {
        long id = _started++;
        TimeSpan wait = Now - held.Since;
        TestCase one = held.Case;
        _running.Add(id, new RunningCase(
            held, FileStamp.Of(one.BaselinePath), FileStamp.Of(one.CandidatePath), held.HeldBy,
            held.HeldBy == HoldReason.None ? TimeSpan.Zero : wait));
        if (held.HeldBy > HoldReason.ThrottleLimit)
            _listener.Decided($"{one.Name}: held {wait.TotalSeconds:0.0} s by {held.HeldBy}");
        ProcessSpec spec = _options.Comparer.Prepare(one) with
        {
            Timeout = _options.Timeout,
            MemoryLimit = _options.CaseMemoryLimit,
        };
        _launcher.Start(id, spec, (ended, report) => _events.Add((ended, report)));
    }

    private void Handle((long Id, ProcessReport? Report) ended)
    {
        if (ended.Report is not ProcessReport report) return; // only woken
        if (!_running.Remove(ended.Id, out RunningCase running)) return;
        if (report.LauncherLost) throw new LauncherLostException(report.StartError ?? "the launcher ended");
        WarnOfLimit(report);
        CaseResult result = Verdict.Judge(running.Held.Case, report, _options.Comparer.MustReport) with
        {
            HeldBy = running.HeldBy,
            WaitSeconds = Math.Round(running.Wait.TotalSeconds, 3),
        };
        if (!result.Decided)
            result = result with { LogPath = _output.WriteLog(result.Case, report.StandardOutput, report.StandardError) };
        Finish(result, running.Baseline, running.Candidate);
    }

    private void WarnOfLimit(ProcessReport report)
    {
        if (report.MemoryLimited != false || _warnedOfLimit) return;
        _warnedOfLimit = true;
        _listener.Warned("The memory limit of a case is not enforced: no cgroup can be made here "
            + "(it takes root, or a cgroup that was delegated to you).");
    }

    private void Finish(CaseResult result, FileStamp baseline, FileStamp candidate)
    {
        result = result with { Ended = _time.GetUtcNow() };
        _output.Journal.Add(new JournalLine(result, baseline, candidate, _options.Comparer.Identity));
        Tell(result);
    }

    private void Tell(CaseResult result)
    {
        _summary.Add(result);
        _listener.Ended(result);
    }
}
