using System.Globalization;

namespace Defragger.Cluster;

/// <summary>The tasks that were handed in and are not over: hands in, follows, cancels.</summary>
/// <remarks>
/// A task's own result file says that it is over; the batch system is asked for those that end without one. So nothing is lost
/// while its controller does not answer, and it need not remember.
/// 1. A task is told as ended once.
/// 2. An array is handed in once: when the answer was lost, the job is looked for by its name; and when that is forgotten, by what
///    its tasks have left.
/// 3. An array's folder is complete before the array is handed in, and which job it became is written after: a run that is
///    killed between the two finds the job by its name.
/// Memory: some 100 bytes a task.
/// </remarks>
internal sealed class ClusterTasks
{
    // A shared file system may show a file up to a minute after it was written (the NFS client keeps what is in a directory);
    // a task that came to a bad end has seldom written one.
    private static readonly TimeSpan s_showUp = TimeSpan.FromSeconds(60), s_showUpFailed = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_firstRetry = TimeSpan.FromSeconds(2), s_lastRetry = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(1);

    // A job that has run and is forgotten: its number is not known, and there is nothing to ask.
    private const string Forgotten = "";

    private readonly ClusterWorld _world;
    private readonly string _folder;
    private readonly Action<string> _warn;
    private readonly string _name = "defrag-" + Guid.NewGuid().ToString("N")[..12];
    private readonly List<ArrayJob> _arrays = [];
    private int _number;
    private ArrayJob? _refused; // handed in in vain: again later
    private TimeSpan _retryAt, _retryIn, _refusedSince;
    private TimeSpan _pollAt;
    private TimeSpan? _idleSince; // tasks wait, and none runs
    private bool _silent, _warnedOfIdle;

    /// <param name="world">Where tasks go.</param>
    /// <param name="folder">Full path of the folder that the run shares with its tasks.</param>
    /// <param name="warn">Told in one sentence what is not as it should be.</param>
    public ClusterTasks(ClusterWorld world, string folder, Action<string> warn) =>
        (_world, _folder, _warn) = (world, folder, warn);

    /// <summary>Tasks that were handed in, or are about to be, and are not over.</summary>
    public int Outstanding => _arrays.Sum(array => array.Tasks.Count) + (_refused?.Tasks.Count ?? 0);

    /// <summary>Tasks that run, as far as it was told.</summary>
    public int Running { get; private set; }

    /// <summary>Memory that the running tasks were given, in bytes.</summary>
    public long RunningMemory { get; private set; }

    /// <summary>An array may be handed in.</summary>
    public bool TakesMore => _refused == null;

    /// <summary>Hands in an array; when the batch system does not take it, it is handed in again later.</summary>
    /// <param name="memory">Memory of each task, in bytes.</param>
    /// <param name="header">What all chunks begin with.</param>
    /// <param name="chunks">The cases of each task.</param>
    /// <param name="now">The time.</param>
    /// <returns>The job, or null when it is not handed in yet.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public string? Submit(long memory, ChunkHeader header, IReadOnlyList<IReadOnlyList<ChunkCase>> chunks, TimeSpan now)
    {
        string number = (_number++).ToString(CultureInfo.InvariantCulture);
        var folder = new ArrayFolder(Path.Combine(_folder, number));
        folder.Create();
        for (int task = 0; task < chunks.Count; task++) ChunkFile.Write(folder.Chunk(task), header, chunks[task]);
        var array = new ArrayJob(folder, new ArrayRequest($"{_name}-{number}", folder.FullPath, chunks.Count, memory), adopted: false);
        for (int task = 0; task < chunks.Count; task++) array.Tasks.Add(task, new FollowedTask());
        folder.Write(array.Request);
        _refusedSince = now;
        _retryIn = s_firstRetry;
        return TrySubmit(array, now) ? array.Job : null;
    }

    /// <summary>Hands in again what was not taken before, when it is time.</summary>
    /// <exception cref="ClusterException">It is not taken, though nothing of this run is in the way.</exception>
    public void Retry(TimeSpan now)
    {
        if (_refused is not ArrayJob array || now < _retryAt) return;
        try
        {
            if (Find(array.Folder, array.Request) is string job) Accept(array, job);
            else TrySubmit(array, now);
        }
        catch (BatchBusyException e)
        {
            Refuse(array, now, e);
        }
    }

    /// <summary>Takes over what an earlier run handed in. Gives the tasks whose results are not in the journal yet.</summary>
    /// <exception cref="BatchBusyException">The batch system does not answer.</exception>
    public IReadOnlyList<EndedTask> Adopt()
    {
        List<EndedTask> adopted = [];
        List<ArrayJob> arrays = [];
        foreach (ArrayFolder folder in Arrays(_folder))
        {
            _number = Math.Max(_number, 1 + int.Parse(Path.GetFileName(folder.FullPath), CultureInfo.InvariantCulture));
            if (folder.ReadRequest() is not ArrayRequest request || (folder.ReadJob() ?? Find(folder, request)) is not string job)
            {
                // It was never handed in.
                folder.Remove();
                continue;
            }
            var array = new ArrayJob(folder, request, adopted: true) { Job = job };
            foreach (int task in folder.Chunks())
            {
                array.Tasks.Add(task, new FollowedTask());
                adopted.Add(new EndedTask(folder, task, Whole: false, Adopted: true, default));
            }
            if (array.Tasks.Count > 0) arrays.Add(array);
            else folder.Remove();
        }
        _arrays.AddRange(arrays);
        return adopted;
    }

    /// <summary>The tasks that are over since it was asked last.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public IReadOnlyList<EndedTask> Collect(TimeSpan now)
    {
        List<EndedTask> ended = [];
        foreach (ArrayJob array in _arrays)
        {
            foreach (int task in array.Folder.Results())
                if (array.Tasks.Remove(task, out FollowedTask? one)) ended.Add(array.End(task, one, whole: true));
        }
        if (now >= _pollAt) Poll(ended, now);
        _arrays.RemoveAll(array => array.Tasks.Count == 0);
        return ended;
    }

    /// <summary>How long to wait between two looks: many files take longer to look at.</summary>
    public TimeSpan Beat => TimeSpan.FromSeconds(Outstanding switch { < 500 => 0.25, < 5000 => 1, _ => 2 });

    /// <summary>Gives up all tasks, and ends them.</summary>
    /// <returns>Jobs that could not be ended, for the batch system does not answer.</returns>
    public IReadOnlyList<string> Cancel()
    {
        List<string> jobs = [.. Jobs()];
        try
        {
            if (_refused is ArrayJob array && _world.Batch.Find(array.Request.Name) is string late) jobs.Add(late);
            _refused = null;
            if (jobs.Count > 0) _world.Batch.Cancel(jobs);
            return [];
        }
        catch (BatchBusyException)
        {
            return jobs;
        }
    }

    /// <summary>Stops following: gives what is not over as it stands.</summary>
    public IReadOnlyList<EndedTask> TakeRest()
    {
        List<EndedTask> rest = [.. _arrays.SelectMany(array => array.Tasks.Select(task => array.End(task.Key, task.Value, whole: false)))];
        _arrays.Clear();
        return rest;
    }

    /// <summary>Ends what an earlier run left, and removes it.</summary>
    /// <exception cref="BatchBusyException">The batch system does not answer.</exception>
    public static void Discard(IBatchSystem batch, string folder)
    {
        List<string> jobs = [];
        foreach (ArrayFolder array in Arrays(folder))
        {
            if (array.ReadRequest() is not ArrayRequest request) continue;
            if ((array.ReadJob() ?? batch.Find(request.Name)) is string job) jobs.Add(job);
        }
        if (jobs.Count > 0) batch.Cancel(jobs);
        ArrayFolder.Remove(folder);
    }

    private static IEnumerable<ArrayFolder> Arrays(string folder) => !Directory.Exists(folder) ? [] :
        from path in Directory.GetDirectories(folder)
        where int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out _)
        select new ArrayFolder(path);

    private IEnumerable<string> Jobs() => _arrays.Select(array => array.Job).Where(job => job != Forgotten);

    /// <summary>The job that an array has become; null when it was not handed in.</summary>
    private string? Find(ArrayFolder folder, ArrayRequest request) =>
        _world.Batch.Find(request.Name) ?? (folder.HasRun ? Forgotten : null);

    private bool TrySubmit(ArrayJob array, TimeSpan now)
    {
        try
        {
            Accept(array, _world.Batch.Submit(array.Request));
            return true;
        }
        catch (BatchBusyException e)
        {
            Refuse(array, now, e);
            return false;
        }
    }

    private void Accept(ArrayJob array, string job)
    {
        array.Job = job;
        array.Folder.WriteJob(job);
        _arrays.Add(array);
        _refused = null;
    }

    private void Refuse(ArrayJob array, TimeSpan now, BatchBusyException e)
    {
        if (_refused == null) _warn($"The cluster took no tasks, and is asked again: {e.Message}");
        _refused = array;
        if (_arrays.Count > 0) _refusedSince = now; // tasks of this run may be what it waits for
        if (now - _refusedSince >= s_patience) throw new ClusterException($"The cluster takes no tasks of this run: {e.Message}");
        _retryAt = now + _retryIn;
        _retryIn = _retryIn * 2 < s_lastRetry ? _retryIn * 2 : s_lastRetry;
    }

    private void Poll(List<EndedTask> ended, TimeSpan now)
    {
        _pollAt = now + (4 * Beat);
        if (_arrays.Count == 0)
        {
            (Running, RunningMemory) = (0, 0);
            return;
        }
        Dictionary<(string, int), TaskStatus> told;
        try
        {
            told = _world.Batch.Poll([.. Jobs()]).ToDictionary(one => (one.Job, one.Task));
            _silent = false;
        }
        catch (BatchBusyException e)
        {
            if (!_silent) _warn($"The cluster does not answer; what its tasks come to is taken over all the same: {e.Message}");
            _silent = true;
            return;
        }
        (Running, RunningMemory) = (0, 0);
        foreach (ArrayJob array in _arrays)
        {
            foreach ((int task, FollowedTask one) in array.Tasks)
            {
                bool known = told.TryGetValue((array.Job, task), out TaskStatus status);
                if (known) one.Last = status;
                if (known && status.Phase == TaskPhase.Running)
                {
                    Running++;
                    RunningMemory += array.Request.Memory;
                }
                one.OverSince = known && status.Phase <= TaskPhase.Running ? null : one.OverSince ?? now;
                if (one.OverSince is not TimeSpan since) continue;
                bool whole = File.Exists(array.Folder.Result(task));
                // Slurm says so too of a task in which only a case was out of memory, and which came to its own end.
                bool mayHaveResult = one.Last.State == TaskStatus.Completed || one.Last.Phase == TaskPhase.OutOfMemory;
                if (!whole && now - since < (mayHaveResult ? s_showUp : s_showUpFailed)) continue;
                array.Tasks.Remove(task);
                ended.Add(array.End(task, one, whole));
            }
        }
        WarnOfIdle(now);
    }

    /// <summary>A run in which nothing happens must not look like one that hangs.</summary>
    private void WarnOfIdle(TimeSpan now)
    {
        string? waits = _arrays.SelectMany(array => array.Tasks.Values).Select(one => one.Last)
            .FirstOrDefault(last => last.Phase == TaskPhase.Waiting && last.State != null).State;
        _idleSince = Running > 0 || waits == null ? null : _idleSince ?? now;
        if (now - _idleSince < s_idle || _idleSince == null || _warnedOfIdle) return;
        _warnedOfIdle = true;
        _warn($"None of the {Outstanding} tasks runs yet; the first is {waits}.");
    }
}
