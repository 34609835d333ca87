using System.Diagnostics;
using System.Globalization;
using Defragger.Cluster;
using Defragger.Compare;
using Defragger.Simulation;
using TaskStatus = Defragger.Cluster.TaskStatus;

namespace Defragger.Bench.Cluster;

/// <summary>One cluster and one list of cases: twice, once only handed in and once to the end.</summary>
internal static class ClusterRow
{
    private const long NodeMemory = 64L << 30;

    // A hundredth of what was measured with the controller and three nodes together on two cores: an assumption, which bears on the
    // makespan alone.
    private const double StartCost = 0.118 / 100;

    public static string[] Heads { get; } =
    [
        "cases", "nodes x cores", "tasks", "planned and handed in, s", "processor, s", "taken over, s", "processor, s ",
        "memory planning, MB", "memory in all, MB", "makespan, s", "over the ideal",
    ];

    public static IEnumerable<string> Measure(int cases, int nodes, int cores)
    {
        string folder = Directory.CreateTempSubdirectory("defrag-bench-").FullName;
        try
        {
            Clock planning = Plan(Path.Combine(folder, "dry"), cases, nodes, cores);
            Directory.Delete(Path.Combine(folder, "dry"), recursive: true);

            var cluster = new SimulatedCluster(nodes, cores, NodeMemory, Demand, startCost: StartCost);
            var timed = new TimedCluster(cluster);
            double planned = HighestMemory();
            Clock began = Clock.Now;
            CompareSummary summary = Run(Path.Combine(folder, "whole"), cases, timed, cluster.Shape, cluster, CancellationToken.None);
            Clock merging = Clock.Now - began - timed.Spent - planning;
            if (summary.Count(CaseStatus.Same) != cases) throw new InvalidOperationException($"{summary.Count(CaseStatus.Same)} of {cases} cases came out as they are.");

            double ideal = IdealSeconds(cases, nodes * cores);
            return
            [
                Text(cases, "#,0"), $"{nodes} x {cores}", Text(cluster.Started, "#,0"), Text(planning.Wall, "0.0"), Text(planning.Processor, "0.0"),
                Text(merging.Wall, "0.0"), Text(merging.Processor, "0.0"), Text(planned / 1e6, "0"), Text(HighestMemory() / 1e6, "0"), Text(summary.Elapsed.TotalSeconds, "0"),
                Text((summary.Elapsed.TotalSeconds / ideal) - 1, "0.0 %"),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Text(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>Everything but the tasks: chunks are written and handed in to a cluster that only counts them.</summary>
    private static Clock Plan(string folder, int cases, int nodes, int cores)
    {
        using var stop = new CancellationTokenSource();
        var counter = new CountingCluster(stop);
        var shape = new ClusterShape(nodes, nodes * cores, nodes * NodeMemory, NodeMemory, cores, int.MaxValue, 1000);
        Clock began = Clock.Now;
        Run(folder, cases, counter, shape, TimeProvider.System, stop.Token);
        return counter.Done!.Value - began;
    }

    private static CompareSummary Run<T>(string path, int cases, T cluster, ClusterShape shape, TimeProvider time, CancellationToken stop)
        where T : IBatchSystem, IPause
    {
        using var folder = new OutputFolder(path);
        using RunOutput output = RunOutput.Create(folder, new JournalHeader(JournalHeader.Version, "bench", DateTimeOffset.UnixEpoch, "/b", "/c"));
        using var source = new CountedCases(cases);
        var options = new RunOptions { Comparer = new CommandComparer(["/bin/true", "--all", "{baseline}", "{candidate}"]), ThrottleLimit = int.MaxValue };
        string shared = Path.Combine(path, "cluster");
        Directory.CreateDirectory(shared);
        return new ClusterRun(options, source, new ClusterWorld(cluster, shape, time, cluster), output, shared, history: null, new Silence()).Run(stop);
    }

    private static CaseDemand Demand(ChunkCase one)
    {
        // 1 s in the middle, few much longer; by the name, so that a case takes the same in every task.
        var draw = new Draw(int.Parse(one.Case.AsSpan(one.Case.LastIndexOf('e') + 1), NumberStyles.None, CultureInfo.InvariantCulture));
        return new CaseDemand(Math.Min(60, draw.LogNormal(0.7)), (long)(300e6 * draw.LogNormal(0.3)));
    }

    private static double IdealSeconds(int cases, int cores)
    {
        double work = 0;
        for (int i = 0; i < cases; i++) work += Math.Min(60, new Draw(i).LogNormal(0.7));
        return work / cores;
    }

    private static double HighestMemory()
    {
        string line = File.ReadLines("/proc/self/status").First(one => one.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>Time on the wall, and of this process's processors: on a busy machine the second tells what the first hides.</summary>
    private readonly record struct Clock(double Wall, double Processor)
    {
        public static Clock Now => new(Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency, Environment.CpuUsage.TotalTime.TotalSeconds);

        public static Clock operator +(Clock left, Clock right) => new(left.Wall + right.Wall, left.Processor + right.Processor);

        public static Clock operator -(Clock left, Clock right) => new(left.Wall - right.Wall, left.Processor - right.Processor);
    }

    private sealed class CountedCases(int cases) : CaseSource
    {
        private int _next;

        public override long? Total => cases;

        public override SourceState TryTake(out TestCase testCase)
        {
            testCase = default;
            if (_next == cases) return SourceState.Done;
            string name = string.Create(CultureInfo.InvariantCulture, $"suite{_next % 1000:000}/some/case{_next:00000000}");
            _next++;
            testCase = new TestCase(name, "/results/baseline/" + name, "/results/candidate/" + name);
            return SourceState.Taken;
        }
    }

    private sealed class Silence : IRunListener
    {
        public void Ended(CaseResult result)
        {
        }

        public void Decided(string message)
        {
        }

        public void Warned(string message) => Console.Error.WriteLine(message);

        public void Moved(RunProgress progress)
        {
        }
    }

    /// <summary>Takes every array and runs nothing; the first wait is the moment when all is handed in.</summary>
    private sealed class CountingCluster(CancellationTokenSource stop) : IBatchSystem, IPause
    {
        private int _jobs;

        public Clock? Done { get; private set; }

        public string Submit(ArrayRequest request) => (++_jobs).ToString(CultureInfo.InvariantCulture);

        public string? Find(string name) => null;

        public IReadOnlyList<TaskStatus> Poll(IReadOnlyCollection<string> jobs) => [];

        public void Cancel(IReadOnlyCollection<string> jobs)
        {
        }

        public void Wait(TimeSpan time)
        {
            Done ??= Clock.Now;
            stop.Cancel();
        }

        public void Wake()
        {
        }
    }

    /// <summary>The simulated cluster, with the time that it takes for itself.</summary>
    private sealed class TimedCluster(SimulatedCluster cluster) : IBatchSystem, IPause
    {
        public Clock Spent { get; private set; }

        public string Submit(ArrayRequest request) => Timed(() => cluster.Submit(request));

        public string? Find(string name) => Timed(() => cluster.Find(name));

        public IReadOnlyList<TaskStatus> Poll(IReadOnlyCollection<string> jobs) => Timed(() => cluster.Poll(jobs));

        public void Cancel(IReadOnlyCollection<string> jobs) => cluster.Cancel(jobs);

        public void Wait(TimeSpan time) => Timed(() =>
        {
            cluster.Wait(time);
            return 0;
        });

        public void Wake() => cluster.Wake();

        private T Timed<T>(Func<T> what)
        {
            Clock began = Clock.Now;
            T told = what();
            Spent += Clock.Now - began;
            return told;
        }
    }
}
