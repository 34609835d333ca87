using Defragger.Admission;
using Defragger.Compare;
using Defragger.History;

namespace Defragger.Cluster;

/// <summary>One run on a cluster: cuts cases into chunks, hands them in as tasks, and takes over what they come to.</summary>
/// <remarks>
/// One thread. Per turn: take cases, hand in what is ready, take over what is over, wait. Always true, beside what
/// <see cref="ICaseEngine"/> promises:
/// 1. a case is in the source, in the queue, in one task that is not over, or has its result;
/// 2. a result is in the journal before its chunk is removed: a killed run loses none, and the next finds the rest;
/// 3. memory: at most <see cref="ClusterPlan.Most"/> cases that wait, the names of adopted tasks, one task's cases and some 100 bytes for each task.
/// </remarks>
internal sealed class ClusterRun
{
    private const int MostAtOnce = 4096;

    // What a node that is told to end its task may take: Slurm waits 30 s between SIGTERM and SIGKILL.
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_stopBeat = TimeSpan.FromMilliseconds(200);

    // A chunk that turns out twice as long as the longest is cut short.
    private const double MostSeconds = 2 * ChunkCut.Longest;

    private readonly RunOptions _options;
    private readonly CaseSource _source;
    private readonly ClusterWorld _world;
    private readonly RunOutput _output;
    private readonly PeakHistory? _history;
    private readonly IRunListener _listener;
    private readonly MemoryClasses _classes;
    private readonly ClusterQueue _queue;
    private readonly CaseLedger _ledger;
    private readonly ClusterPlan _plan;
    private readonly ClusterTasks _tasks;
    private readonly ChunkMerge _merge;
    private readonly ChunkHeader _header;
    private readonly long _began;
    private int _limit;
    private bool _stopped;

    /// <summary>Prepares a run; nothing is handed in yet.</summary>
    /// <param name="options">How the run goes; the throttle limit is that of tasks at once.</param>
    /// <param name="source">The cases.</param>
    /// <param name="world">The cluster.</param>
    /// <param name="output">What is written.</param>
    /// <param name="folder">Full path of the folder that is shared with the tasks; it exists.</param>
    /// <param name="history">What cases needed before, or null.</param>
    /// <param name="listener">Who is told.</param>
    public ClusterRun(
        RunOptions options, CaseSource source, ClusterWorld world, RunOutput output, string folder, PeakHistory? history, IRunListener listener)
    {
        (_options, _source, _world, _output, _history, _listener) = (options, source, world, output, history, listener);
        _limit = options.ThrottleLimit;
        _classes = new MemoryClasses(world.Shape.Largest);
        _queue = new ClusterQueue(_classes.Count, world.Shape.Cores);
        _ledger = new CaseLedger(options, output, listener, world.Time);
        var predictor = new Predictor(
            (history?.Known ?? []).Select(PeakRecords.Of), _classes.CaseMemory(_classes.Top), Math.Max(1, world.Shape.CoresOfLargest));
        _plan = new ClusterPlan(options, source, _ledger, _classes, predictor, _queue);
        _tasks = new ClusterTasks(world, folder, listener.Warned);
        _merge = new ChunkMerge(options, _ledger, _plan, _classes, predictor, history, world.Time, listener);
        _header = new ChunkHeader(
            ChunkHeader.Version, options.Comparer.Identity, options.Comparer.MustReport, options.Timeout?.TotalSeconds,
            options.CaseMemoryLimit, options.Within, output.Logs.FullPath, MostSeconds);
        _began = world.Time.GetTimestamp();
        source.Wake = world.Pause.Wake;
    }

    private TimeSpan Now => _world.Time.GetElapsedTime(_began);

    /// <summary>Goes on with the tasks of an earlier run of the same comparer.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="BatchBusyException">The cluster does not answer.</exception>
    public void Adopt()
    {
        IReadOnlyList<EndedTask> adopted = _tasks.Adopt();
        foreach (EndedTask task in adopted)
        {
            foreach (ChunkCase one in ChunkFile.Read(task.Folder.Chunk(task.Task)).Cases) _plan.Adopt(one.Case);
        }
        if (adopted.Count > 0) _listener.Decided($"{adopted.Count} tasks of the run before are gone on with");
    }

    /// <summary>Runs to the end, or until it is stopped: then its tasks are ended.</summary>
    /// <exception cref="IOException">The journal, the samples or a chunk cannot be written. The tasks have been ended.</exception>
    /// <exception cref="ClusterException">The cluster takes no tasks, or none comes to a result. The tasks have been ended.</exception>
    public CompareSummary Run(CancellationToken stop)
    {
        using CancellationTokenRegistration woken = stop.Register(_world.Pause.Wake);
        bool over = false;
        try
        {
            while (!stop.IsCancellationRequested && !over) over = Turn();
            if (!over) Stop();
            over = true;
        }
        finally
        {
            if (!over) Cancel();
        }
        Show(always: true);
        CompareSummary summary = _ledger.Summary;
        summary.Elapsed = Now;
        summary.PeakUsed = _output.Samples.PeakUsed;
        summary.TotalMemory = _world.Shape.Memory;
        summary.Stopped = _stopped;
        return summary;
    }

    /// <summary>One turn; true when nothing is left.</summary>
    private bool Turn()
    {
        bool more = _plan.Take(MostAtOnce, Now);
        _tasks.Retry(Now);
        Submit();
        foreach (EndedTask ended in _tasks.Collect(Now)) _merge.Take(ended);
        Change();
        if (_history?.TakeWarning() is string warning) _listener.Warned(warning);
        Show(always: false);
        bool over = _plan.SourceDone && _queue.Cases == 0 && _tasks.Outstanding == 0;
        if (!more && !over) _world.Pause.Wait(_tasks.Beat);
        return over;
    }

    private void Submit()
    {
        while (_tasks.TakesMore)
        {
            int room = Math.Min(_limit, _world.Shape.MostTasks) - _tasks.Outstanding;
            if (room < 1) return;
            (int memoryClass, IReadOnlyList<IReadOnlyList<ChunkCase>> chunks) = _queue.Take(Math.Min(room, _world.Shape.MostInArray));
            if (chunks.Count == 0) return;
            string? job = _tasks.Submit(_classes.TaskMemory(memoryClass), _header, chunks, Now);
            if (job == null) continue;
            _listener.Decided($"job {job}: {chunks.Count} tasks of {MemorySize.Format(_classes.TaskMemory(memoryClass))} "
                + $"with {chunks.Sum(chunk => chunk.Count)} cases");
        }
    }

    /// <summary>Follows what the run is asked to change while it goes on.</summary>
    private void Change()
    {
        try
        {
            if (_output.Control.Changed() is not RunChange change) return;
            _limit = change.ApplyTo(new RunLimits(_limit, null)).ThrottleLimit;
            _listener.Decided($"changed while running: at most {_limit} tasks at a time");
            if (change.MemoryBudget != null)
                _listener.Warned("The memory budget is not followed: on a cluster the batch system shares the memory out.");
        }
        catch (FormatException e)
        {
            _listener.Warned($"The control file '{_output.Control.Path}' is not followed: {e.Message.TrimEnd('.')}. The limits stay as they are.");
        }
    }

    private void Stop()
    {
        _stopped = _merge.Stopping = true;
        _plan.Close();
        Cancel();
        TimeSpan latest = Now + s_lastWords;
        while (_tasks.Outstanding > 0 && Now < latest)
        {
            foreach (EndedTask ended in _tasks.Collect(Now)) _merge.Take(ended);
            _world.Pause.Wait(s_stopBeat);
        }
        foreach (EndedTask rest in _tasks.TakeRest()) _merge.Take(rest);
    }

    private void Cancel()
    {
        IReadOnlyList<string> left = _tasks.Cancel();
        if (left.Count > 0)
            _listener.Warned($"The cluster does not answer, and these jobs may still be there; end them with: scancel {string.Join(' ', left)}");
    }

    private void Show(bool always)
    {
        CompareSummary summary = _ledger.Summary;
        int limit = Math.Max(1, _tasks.Outstanding);
        _output.Samples.Add(
            new MemorySample(Now.TotalSeconds, _tasks.RunningMemory, _world.Shape.Memory, _tasks.Running, limit, _tasks.RunningMemory), always);
        long done = summary.Total - summary.Resumed;
        TimeSpan? remaining = _source.Total is long total && done > 0 && total >= summary.Total ? Now / done * (total - summary.Total) : null;
        _listener.Moved(new RunProgress(
            summary.Total, _source.Total, _tasks.Running, new ThrottleDecision(limit, HoldReason.ThrottleLimit, 0),
            _tasks.RunningMemory, _world.Shape.Memory, remaining));
    }
}
