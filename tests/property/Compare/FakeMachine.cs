using Defragger.Compare;
using Defragger.Engines;
using Defragger.Gauges;

namespace Defragger.Tests.Compare;

/// <summary>A machine made of numbers: cases that grow to a peak with every measure, and a kernel that kills the largest when
/// there is no memory left.</summary>
/// <remarks>One measure, one step of time. A case that has reached its last step ends well.</remarks>
internal sealed class FakeMachine(long total) : ICaseLauncher, IMemoryGauge, IPressureGauge
{
    private readonly object _gate = new();
    private readonly Dictionary<long, Process> _running = [];

    /// <summary>What a case needs at its highest, and how many steps it takes, by name and attempt (from 1).</summary>
    public Func<string, int, (long Peak, int Steps)> Needs { get; init; } = (_, _) => (0, 1);

    /// <summary>Called at each measure with the step's number.</summary>
    public Action<int> Step { get; init; } = _ => { };

    /// <summary>Names in the order of their starts, with how many then ran.</summary>
    public List<(string Name, int Running)> Starts { get; } = [];

    public int KernelKills { get; private set; }

    public int Cancels { get; private set; }

    /// <summary>The most memory that was ever used.</summary>
    public long Peak { get; private set; }

    private int _steps;

    private sealed class Process(string name, long peak, int steps, Action<ProcessReport> ended)
    {
        public string Name => name;

        public long Peak => peak;

        public int Steps => steps;

        public Action<ProcessReport> Ended => ended;

        public int Age { get; set; }

        public long Held => peak * Math.Min(Age, steps) / steps;
    }

    private long Used => _running.Values.Sum(one => one.Held);

    public MemoryReading Read()
    {
        lock (_gate) return new MemoryReading(total, total - Math.Min(total, Used));
    }

    double IPressureGauge.Read() => 0;

    public void Start(long id, ProcessSpec spec, Action<long, ProcessReport> ended)
    {
        lock (_gate)
        {
            string name = Path.GetFileName(spec.Arguments[0]);
            (long peak, int steps) = Needs(name, 1 + Starts.Count(start => start.Name == name));
            _running.Add(id, new Process(name, peak, steps, report => ended(id, report)));
            Starts.Add((name, _running.Count));
        }
    }

    public void Cancel(long id)
    {
        Process? one;
        lock (_gate)
        {
            if (!_running.Remove(id, out one)) return;
            Cancels++;
        }
        one.Ended(Report(one) with { Signal = 9, Cancelled = true });
    }

    public void Measure(Action<IReadOnlyList<CaseMemory>> measured)
    {
        var ended = new List<Action>();
        CaseMemory[] held;
        lock (_gate)
        {
            foreach (Process one in _running.Values) one.Age++;
            while (Used > total)
            {
                (long id, Process largest) = _running.MaxBy(one => one.Value.Held);
                _running.Remove(id);
                KernelKills++;
                ended.Add(() => largest.Ended(Report(largest) with { Signal = 9, OutOfMemory = true }));
            }
            Peak = Math.Max(Peak, Used);
            foreach ((long id, Process one) in _running.Where(one => one.Value.Age >= one.Value.Steps).ToArray())
            {
                _running.Remove(id);
                ended.Add(() => one.Ended(Report(one) with { ExitCode = 0 }));
            }
            held = [.. _running.Select(one => new CaseMemory(one.Key, one.Value.Held))];
        }
        Step(_steps++);
        foreach (Action end in ended) end();
        measured(held);
    }

    public void Dispose() { }

    private static ProcessReport Report(Process one) => new()
    {
        PeakMemory = one.Held,
        PeakSource = PeakSource.Rusage,
        Duration = TimeSpan.FromSeconds(one.Age),
        UserTime = TimeSpan.FromSeconds(1),
    };
}
