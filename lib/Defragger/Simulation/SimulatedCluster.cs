using System.Globalization;
using System.Text.Json;
using Defragger.Cluster;
using Defragger.Compare;
using TaskStatus = Defragger.Cluster.TaskStatus;

namespace Defragger.Simulation;

/// <summary>What a case takes on a simulated cluster.</summary>
/// <param name="Seconds">How long it runs; above 0.</param>
/// <param name="Peak">Its highest memory, in bytes.</param>
internal readonly record struct CaseDemand(double Seconds, long Peak);

/// <summary>What goes wrong on a simulated cluster, and how often; each a share of its occasions, from 0 to below 1.</summary>
internal sealed record ClusterTroubles
{
    /// <summary>Nothing goes wrong.</summary>
    public static ClusterTroubles None { get; } = new();

    /// <summary>Tasks whose node is lost while they run.</summary>
    public double Lost { get; init; }

    /// <summary>A lost task leaves nothing of what it had done.</summary>
    public bool LosesAll { get; init; }

    /// <summary>Of the lost tasks, those that write their result after all, long after.</summary>
    public double Returned { get; init; }

    /// <summary>Questions that are not answered.</summary>
    public double Silent { get; init; }

    /// <summary>Arrays that are taken, while the answer is lost.</summary>
    public double AnswerLost { get; init; }

    /// <summary>How long ended tasks are remembered, in seconds.</summary>
    public double Remembered { get; init; } = 300;

    /// <summary>How long a result takes to be seen by the run, in seconds: a shared file system.</summary>
    public double Delay { get; init; }
}

/// <summary>A cluster made of numbers, with a clock of its own: nodes with cores and memory that take tasks in the order of
/// their coming, and a controller that starts one after the other.</summary>
/// <remarks>
/// The run before it is the real one, and so are its files: a task reads its chunk and writes its results. Only the time that
/// cases take is not spent. Events in the order of their times; what waits is started where there is room first.
/// A start costs O(nodes with a free core), an end O(arrays that wait).
/// </remarks>
internal sealed class SimulatedCluster : TimeProvider, IBatchSystem, IPause
{
    private readonly Func<ChunkCase, CaseDemand> _demand;
    private readonly ClusterTroubles _troubles;
    private readonly Draw _draw;
    private readonly double _startCost;
    private readonly int[] _freeCores;
    private readonly long[] _freeMemory;
    private readonly SortedSet<int> _open = []; // nodes with a free core
    private readonly List<Job> _jobs = []; // those of which a task waits, runs or is remembered
    private readonly PriorityQueue<Action, (double, long)> _events = new();
    private double _now, _nextStart;
    private long _number;
    private int _job;

    private sealed class Job(string id, ArrayRequest request)
    {
        public string Id => id;

        public ArrayRequest Request => request;

        public int Next { get; set; } // the first task that waits

        public int Left { get; set; } = request.Tasks; // tasks that wait, run or are remembered

        public bool Cancelled { get; set; }

        public TaskStatus?[] States { get; } = new TaskStatus?[request.Tasks];
    }

    /// <summary>Makes an idle cluster.</summary>
    /// <param name="nodes">At least 1.</param>
    /// <param name="cores">Of each node; at least 1.</param>
    /// <param name="memory">Of each node, in bytes.</param>
    /// <param name="demand">What a case takes; the same each time it is asked.</param>
    /// <param name="troubles">What goes wrong.</param>
    /// <param name="seed">When.</param>
    /// <param name="startCost">Seconds that the controller needs for each start; 0.118 were measured for Slurm 22.05 with three nodes on one host.</param>
    public SimulatedCluster(
        int nodes, int cores, long memory, Func<ChunkCase, CaseDemand> demand, ClusterTroubles? troubles = null, int seed = 0, double startCost = 0)
    {
        (_demand, _troubles, _draw, _startCost) = (demand, troubles ?? ClusterTroubles.None, new Draw(seed), startCost);
        _freeCores = Enumerable.Repeat(cores, nodes).ToArray();
        _freeMemory = Enumerable.Repeat(memory, nodes).ToArray();
        _open.UnionWith(Enumerable.Range(0, nodes));
        Shape = new ClusterShape(nodes, nodes * cores, nodes * memory, memory, cores, Math.Max(1000, 3 * nodes * cores), 1000);
    }

    /// <summary>What it has.</summary>
    public ClusterShape Shape { get; }

    /// <summary>Tasks that were started.</summary>
    public long Started { get; private set; }

    /// <summary>Tasks that were lost with their node.</summary>
    public long LostTasks { get; private set; }

    /// <summary>Tasks that wait or run.</summary>
    public int Alive => _jobs.Sum(job => (job.Cancelled ? 0 : job.Request.Tasks - job.Next) + job.States.Count(one => one?.Phase == TaskPhase.Running));

    /// <summary>The name of a case that takes its node with it; null for none.</summary>
    public string? Poison { get; init; }

    /// <summary>Told that the run is gone: what it does in its last moments does not reach the cluster.</summary>
    public bool Deaf { get; set; }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => (long)(_now * TimeSpan.TicksPerSecond);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(_now);

    /// <inheritdoc/>
    public string Submit(ArrayRequest request)
    {
        MaybeSilent();
        var job = new Job((++_job).ToString(CultureInfo.InvariantCulture), request);
        _jobs.Add(job);
        foreach (int node in _open.ToArray()) Fill(node);
        return _draw.Chance(_troubles.AnswerLost) ? throw new BatchBusyException("the answer was lost") : job.Id;
    }

    /// <inheritdoc/>
    public string? Find(string name)
    {
        MaybeSilent();
        return _jobs.Find(job => job.Request.Name == name)?.Id;
    }

    /// <inheritdoc/>
    public IReadOnlyList<TaskStatus> Poll(IReadOnlyCollection<string> jobs)
    {
        MaybeSilent();
        List<TaskStatus> told = [];
        HashSet<string> asked = [.. jobs];
        foreach (Job job in _jobs.Where(job => asked.Contains(job.Id)))
        {
            told.AddRange(job.States.OfType<TaskStatus>());
            if (job.Cancelled) continue;
            for (int task = job.Next; task < job.Request.Tasks; task++) told.Add(new TaskStatus(job.Id, task, TaskPhase.Waiting, "PENDING (Resources)", ""));
        }
        return told;
    }

    /// <inheritdoc/>
    public void Cancel(IReadOnlyCollection<string> jobs)
    {
        if (Deaf) return;
        MaybeSilent();
        foreach (Job job in _jobs.Where(job => jobs.Contains(job.Id))) job.Cancelled = true;
    }

    /// <inheritdoc/>
    public void Wait(TimeSpan time)
    {
        double until = _now + time.TotalSeconds;
        while (_events.TryPeek(out _, out (double At, long) next) && next.At <= until)
        {
            _now = Math.Max(_now, next.At);
            _events.Dequeue()();
        }
        _now = until;
    }

    /// <inheritdoc/>
    public void Wake()
    {
        // Nobody waits in real time.
    }

    private void At(double time, Action what) => _events.Enqueue(what, (time, _number++));

    private void MaybeSilent()
    {
        if (_draw.Chance(_troubles.Silent)) throw new BatchBusyException("no answer");
    }

    /// <summary>Starts what waits and has room on a node.</summary>
    private void Fill(int node)
    {
        foreach (Job job in _jobs)
        {
            if (job.Cancelled) continue;
            while (job.Next < job.Request.Tasks && _freeCores[node] > 0 && _freeMemory[node] >= job.Request.Memory) Start(job, job.Next++, node);
            if (_freeCores[node] == 0) break;
        }
        if (_freeCores[node] == 0) _open.Remove(node);
        else _open.Add(node);
    }

    private void Start(Job job, int task, int node)
    {
        _freeCores[node]--;
        _freeMemory[node] -= job.Request.Memory;
        _nextStart = Math.Max(_now, _nextStart) + _startCost;
        Started++;
        job.States[task] = new TaskStatus(job.Id, task, TaskPhase.Running, "RUNNING", $"n{node}");
        var folder = new ArrayFolder(job.Request.Folder);
        (double seconds, bool killed, bool poisoned) = Write(folder, task, job.Request.Memory);
        bool lost = _draw.Chance(_troubles.Lost) || poisoned;
        double end = _nextStart + (lost ? seconds * _draw.Share() : seconds);
        At(end, () => End(job, task, node, folder, lost, killed));
    }

    /// <summary>Writes what a task will have written, and tells how long it takes, whether a case was out of memory, and whether one
    /// takes the node with it.</summary>
    private (double Seconds, bool Killed, bool Poisoned) Write(ArrayFolder folder, int task, long memory)
    {
        (ChunkHeader header, IReadOnlyList<ChunkCase> cases) = ChunkFile.Read(folder.Chunk(task));
        // A journal's text without its flushes: a cluster's disks are not this one's.
        using FileStream part = File.Create(folder.Part(task), 64 * 1024);
        part.Write("{}\n"u8);
        double seconds = 0;
        bool killed = false;
        foreach (ChunkCase one in cases)
        {
            if (seconds > header.Seconds) break;
            if (one.Case == Poison) return (seconds + 1, killed, true);
            CaseDemand demand = _demand(one);
            long room = memory - MemoryClasses.Overhead;
            bool fits = demand.Peak <= room;
            seconds += demand.Seconds;
            killed |= !fits;
            var result = new CaseResult
            {
                Case = one.Case,
                Status = fits ? CaseStatus.Same : CaseStatus.OutOfMemory,
                BaselinePath = one.Baseline,
                CandidatePath = one.Candidate,
                ExitCode = fits ? 0 : null,
                Duration = TimeSpan.FromSeconds(demand.Seconds),
                PeakMemory = Math.Min(demand.Peak, room),
                Attempts = 1,
                Ended = GetUtcNow(),
            };
            JsonSerializer.Serialize(
                part, new JournalLine(result, FileStamp.Of(one.Baseline), FileStamp.Of(one.Candidate), header.Comparer), JournalJson.Default.JournalLine);
            part.WriteByte((byte)'\n');
        }
        return (seconds, killed, false);
    }

    private void End(Job job, int task, int node, ArrayFolder folder, bool lost, bool killed)
    {
        if (job.Cancelled || lost) Cut(folder.Part(task));
        else if (_troubles.Delay > 0) At(_now + _troubles.Delay, () => Show(folder, task));
        else Show(folder, task);
        if (lost && !job.Cancelled)
        {
            LostTasks++;
            if (_draw.Chance(_troubles.Returned)) At(_now + 30, () => Show(folder, task));
        }
        job.States[task] = new TaskStatus(job.Id, task, killed && !lost && !job.Cancelled ? TaskPhase.OutOfMemory : TaskPhase.Ended,
            job.Cancelled ? "CANCELLED" : lost ? "NODE_FAIL" : killed ? "OUT_OF_MEMORY" : TaskStatus.Completed, $"n{node}");
        At(_now + _troubles.Remembered, () =>
        {
            job.States[task] = null;
            if (--job.Left == 0) _jobs.Remove(job);
        });
        _freeCores[node]++;
        _freeMemory[node] += job.Request.Memory;
        Fill(node);
    }

    /// <summary>A result appears. The run may have given the task up, and removed its folder.</summary>
    private static void Show(ArrayFolder folder, int task)
    {
        if (File.Exists(folder.Part(task))) File.Move(folder.Part(task), folder.Result(task));
    }

    /// <summary>A task that ended in the middle leaves what it had written, with half a line at its end.</summary>
    private void Cut(string part)
    {
        if (!File.Exists(part)) return;
        using FileStream file = File.OpenWrite(part);
        file.SetLength(_troubles.LosesAll ? 0 : (long)(file.Length * _draw.Share()));
    }
}
