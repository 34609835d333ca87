using Defragger.Compare;
using Defragger.Engines;
using Defragger.Gauges;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Compare;

/// <summary>The run loop with an outside world made of data: cases, how their processes end, what memory does.</summary>
public sealed class CompareRunProperties : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Property(MaxTest = 100)]
    public void Every_case_gets_one_result_and_one_line(PositiveInt workers, NonNegativeInt cases, byte[] exits)
    {
        var world = new World { Exit = id => exits.Length == 0 ? 0 : exits[id % exits.Length] };
        int count = cases.Get % 60;
        Outcome outcome = Run(world, Cases(count), Options(1 + (workers.Get % 8)), "out-" + Guid.NewGuid().ToString("N"));
        Assert.Equal(Names(count), outcome.Results.Select(result => result.Case).Order(StringComparer.Ordinal));
        Assert.Equal(count, outcome.Summary.Total);
        using var index = new JournalIndex(outcome.Journal);
        Assert.Equal(count, index.Count);
        // Where the journal lies it does not say itself.
        string directory = Path.GetDirectoryName(outcome.Journal)!;
        Assert.All(outcome.Results, result => Assert.Equal(result, index.Find(result.Case)!.Result with { OutputDirectory = directory }));
    }

    [Property(MaxTest = 100)]
    public void Cases_never_outnumber_the_limit_of_the_moment_they_start_in(byte[] used, PositiveInt workers)
    {
        int most = 1 + (workers.Get % 8);
        var world = new World { Used = read => used.Length == 0 ? 0 : used[read % used.Length] * 100 / 255 };
        RunOptions options = Options(most) with { Tiers = [new(MemorySize.Of(0.5), 2), new(MemorySize.Of(0.9), 1)] };
        Run(world, Cases(40), options, "out-" + Guid.NewGuid().ToString("N"));
        Assert.All(world.Starts, start => Assert.InRange(start.Running, 1, Math.Max(1,
            start.Used >= 90 ? 1 : start.Used >= 50 ? Math.Min(2, most) : most)));
        Assert.Equal(40, world.Starts.Count);
    }

    [Theory]
    [InlineData(ThrottlePolicy.Tiers, HoldReason.MemoryTier)]
    [InlineData(ThrottlePolicy.Predictive, HoldReason.Reservation)]
    public void With_no_memory_left_one_case_at_a_time_still_runs(ThrottlePolicy throttle, HoldReason reason)
    {
        var world = new World { Used = _ => 100 };
        Outcome outcome = Run(world, Cases(10), Options(8) with { Throttle = throttle });
        Assert.Equal(10, outcome.Summary.Count(CaseStatus.Same));
        Assert.All(world.Starts, start => Assert.Equal(1, start.Running));
        Assert.All(outcome.Results.Skip(1), result => Assert.Equal(reason, result.HeldBy));
    }

    [Fact]
    public void A_case_on_one_side_only_starts_no_process()
    {
        var world = new World();
        TestCase[] cases = [new("a", null, "/c/a"), new("b", "/b/b", null), new("c", null, null)];
        Outcome outcome = Run(world, cases, Options(2));
        Assert.Equal([CaseStatus.Added, CaseStatus.Removed, CaseStatus.Error], outcome.Results.Select(result => result.Status));
        Assert.Empty(world.Starts);
        Assert.Equal(2, outcome.Summary.ExitCode);
    }

    [Theory]
    [InlineData(new[] { 0, 0 }, 0)]
    [InlineData(new[] { 0, 1 }, 1)]
    [InlineData(new[] { 1, 7 }, 2)]
    [InlineData(new int[0], 3)]
    public void The_exit_code_tells_the_worst_that_happened(int[] exits, int code)
    {
        var world = new World { Exit = id => exits[id] };
        Assert.Equal(code, Run(world, Cases(exits.Length), Options(1)).Summary.ExitCode);
    }

    [Fact]
    public void A_stopped_run_ends_its_cases_and_starts_no_more()
    {
        using var stop = new CancellationTokenSource();
        var world = new World { Hang = true, Started = count => { if (count == 3) stop.Cancel(); } };
        Outcome outcome = Run(world, Cases(100), Options(3), stop: stop.Token);
        Assert.Equal(3, outcome.Results.Count);
        Assert.All(outcome.Results, result => Assert.Equal(CaseStatus.Cancelled, result.Status));
        Assert.Equal(2, outcome.Summary.ExitCode);
    }

    [Fact]
    public void A_resumed_run_compares_only_what_was_not_decided_or_has_changed()
    {
        TestCase[] cases = [.. Enumerable.Range(0, 6).Select(i => new TestCase(
            $"case{i}", _directory.Write($"b/case{i}", "b"), _directory.Write($"c/case{i}", "c")))];
        int[] exits = [0, 1, 2, 0, 0, 0];
        Run(new World { Exit = id => exits[id] }, cases, Options(1));

        File.WriteAllText(cases[3].CandidatePath!, "longer than before");
        cases[4] = cases[4] with { CandidatePath = null };
        var second = new World();
        Outcome outcome = Run(second, cases, Options(1), resume: true);

        Assert.Equal(["case2", "case3"], second.Starts.Select(start => start.Name));
        Assert.Equal([true, true, false, false, false, true],
            outcome.Results.OrderBy(result => result.Case, StringComparer.Ordinal).Select(result => result.Resumed));
        Assert.Equal(
            [CaseStatus.Same, CaseStatus.Changed, CaseStatus.Same, CaseStatus.Same, CaseStatus.Removed, CaseStatus.Same],
            outcome.Results.OrderBy(result => result.Case, StringComparer.Ordinal).Select(result => result.Status));

        var third = new World();
        Assert.Equal(6, Run(third, cases, Options(1), resume: true).Summary.Resumed);
        Assert.Empty(third.Starts);
    }

    [Fact]
    public void Another_comparer_decides_anew()
    {
        TestCase[] cases = [new("a", _directory.Write("b/a", "b"), _directory.Write("c/a", "c"))];
        Run(new World(), cases, Options(1));
        var world = new World();
        Run(world, cases, Options(1) with { Comparer = new CommandComparer(["/bin/other"]) }, resume: true);
        Assert.Single(world.Starts);
    }

    [Fact]
    public void A_lost_launcher_ends_the_run_at_once()
    {
        var world = new World { Report = _ => new ProcessReport { LauncherLost = true, StartError = "it was killed" } };
        Assert.Contains("killed", Assert.Throws<LauncherLostException>(() => Run(world, Cases(50), Options(2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unenforced_memory_limit_is_said_once()
    {
        var world = new World { Report = _ => new ProcessReport { ExitCode = 0, MemoryLimited = false } };
        Assert.Single(Run(world, Cases(5), Options(2) with { CaseMemoryLimit = 1 << 30 }).Warnings);
    }

    private static RunOptions Options(int workers) => new() { Comparer = new CommandComparer(["/bin/true"]), ThrottleLimit = workers };

    private static TestCase[] Cases(int count) => [.. Names(count).Select(name => new TestCase(name, "/b/" + name, "/c/" + name))];

    private static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => $"case{i:000}")];

    private Outcome Run(
        World world, TestCase[] cases, RunOptions options, string name = "out", bool resume = false, CancellationToken stop = default)
    {
        using var folder = new OutputFolder(_directory[name]);
        using RunOutput output = resume
            ? RunOutput.Resume(folder)
            : RunOutput.Create(folder, new JournalHeader(JournalHeader.Version, "0", DateTimeOffset.UnixEpoch, "/b", "/c"));
        var listener = new Listener();
        using var source = new ListedCases(cases);
        var run = new CompareRun(options, source, new RunWorld(world, world, world, TimeProvider.System), output, history: null, listener);
        CompareSummary summary = run.Run(stop);
        return new Outcome(summary, listener.Results, listener.Warnings, folder.Journal);
    }

    private sealed record Outcome(CompareSummary Summary, List<CaseResult> Results, List<string> Warnings, string Journal);

    private sealed class ListedCases(TestCase[] cases) : CaseSource
    {
        private int _next;

        public override long? Total => cases.Length;

        public override SourceState TryTake(out TestCase testCase)
        {
            testCase = _next < cases.Length ? cases[_next] : default;
            return _next++ < cases.Length ? SourceState.Taken : SourceState.Done;
        }
    }

    private sealed class Listener : IRunListener
    {
        public List<CaseResult> Results { get; } = [];

        public List<string> Warnings { get; } = [];

        public void Ended(CaseResult result) => Results.Add(result);

        public void Decided(string message) { }

        public void Warned(string message) => Warnings.Add(message);

        public void Moved(RunProgress progress) { }
    }

    /// <summary>Processes that end when the next one starts or nothing else is left to do, and memory that follows a list.</summary>
    private sealed class World : ICaseLauncher, IMemoryGauge, IPressureGauge
    {
        private readonly Queue<(long Id, Action<long, ProcessReport> Ended)> _running = [];
        private int _reads;
        private readonly List<int> _used = [];

        public Func<int, int> Exit { get; init; } = _ => 0;

        public Func<int, ProcessReport>? Report { get; init; }

        public Func<int, int> Used { get; init; } = _ => 0;

        public Action<int> Started { get; init; } = _ => { };

        public bool Hang { get; init; }

        public List<(string Name, int Running, int Used)> Starts { get; } = [];

        public MemoryReading Read()
        {
            int used = Used(_reads++);
            _used.Add(used);
            return new MemoryReading(1000, 1000 - (used * 10));
        }

        double IPressureGauge.Read() => 0;

        public void Start(long id, ProcessSpec spec, Action<long, ProcessReport> ended)
        {
            lock (_running)
            {
                _running.Enqueue((id, ended));
                // The lower of two readings holds until the next two are complete, of which the first may have been made.
                Starts.Add((Path.GetFileName(spec.Arguments[0]), _running.Count, _used.TakeLast(3).Min()));
            }
            Started(Starts.Count);
            if (!Hang) ThreadPool.QueueUserWorkItem(_ => EndOne());
        }

        public void Cancel(long id)
        {
            (long Id, Action<long, ProcessReport> Ended)[] ended;
            lock (_running)
            {
                ended = [.. _running.Where(one => one.Id == id)];
                (long Id, Action<long, ProcessReport> Ended)[] rest = [.. _running.Where(one => one.Id != id)];
                _running.Clear();
                foreach ((long Id, Action<long, ProcessReport> Ended) one in rest) _running.Enqueue(one);
            }
            foreach ((long Id, Action<long, ProcessReport> Ended) one in ended)
                one.Ended(one.Id, new ProcessReport { Signal = 9, Cancelled = true });
        }

        public void Measure(Action<IReadOnlyList<CaseMemory>> measured) => measured([]);

        public void Dispose() { }

        private void EndOne()
        {
            (long Id, Action<long, ProcessReport> Ended) one;
            lock (_running)
            {
                if (!_running.TryDequeue(out one)) return;
            }
            int id = (int)one.Id;
            one.Ended(one.Id, Report?.Invoke(id) ?? new ProcessReport { ExitCode = Exit(id) });
        }
    }
}
