using Defragger.Admission;
using Defragger.Compare;
using Defragger.History;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Compare;

/// <summary>Run and admission together, on a machine made of numbers: what is set aside, who is killed, who is tried again.</summary>
public sealed class AdmittedRunTests : IDisposable
{
    private const long Total = 1_000_000;
    private static readonly HistoryKey s_key = HistoryKey.Of(new CommandComparer(["/bin/true"]).Identity);
    private readonly TemporaryDirectory _directory = new();
    private readonly Listener _listener = new();
    private CompareSummary? _summary;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_case_that_is_known_starts_only_when_there_is_room_for_what_it_needed()
    {
        Know(("a", 600_000, 3), ("b", 600_000, 2), ("c", 200_000, 1));
        var machine = new FakeMachine(Total) { Needs = (name, _) => name == "c" ? (200_000, 1) : (600_000, 3) };
        Run(machine, ["a", "b", "c"]);
        Assert.Equal([("a", 1), ("c", 2), ("b", 1)], machine.Starts); // longest first; b waits, c fits beside a
        Assert.Equal((0, 0), (machine.KernelKills, machine.Cancels));
        CaseResult held = Result("b");
        Assert.Equal((HoldReason.Reservation, PredictionSource.History, 600_000L), (held.HeldBy, held.PredictedFrom!.Value, held.Predicted));
        Assert.True(held.WaitSeconds > 0);
        Assert.Contains("b: held", Assert.Single(_listener.Decisions), StringComparison.Ordinal);
        Assert.Equal(HoldReason.None, Result("c").HeldBy);
    }

    [Fact]
    public void A_case_that_the_kernel_killed_is_tried_again_with_more_set_aside_and_ends_well()
    {
        Know(("a", 100_000, 2), ("b", 100_000, 2));
        var machine = new FakeMachine(Total) { Needs = (_, _) => (700_000, 1) }; // both at once, faster than anybody looks
        Run(machine, ["a", "b"], workers: 2);
        Assert.All(_listener.Results, result => Assert.Equal(CaseStatus.Same, result.Status));
        Assert.Equal(1, machine.KernelKills);
        Assert.Equal(3, _listener.Results.Sum(result => result.Attempts));
        CaseResult again = Assert.Single(_listener.Results, result => result.Attempts == 2);
        Assert.Equal(PredictionSource.LowerBound, again.PredictedFrom);
        Assert.InRange(again.Predicted, 700_001, 1_050_000); // half as much again as it held, or what there is
        Assert.Equal(TimeSpan.FromSeconds(2), again.CpuTime); // of both attempts
        Assert.Equal(1, _summary!.KernelKills);
        Assert.Contains(_listener.Decisions, told => told.Contains("killed by the kernel", StringComparison.Ordinal));
    }

    [Fact]
    public void A_case_that_outgrows_what_was_set_aside_is_ended_before_the_kernel_has_to()
    {
        Know(("a", 450_000, 40), ("b", 100_000, 40));
        var machine = new FakeMachine(Total)
        {
            // b needs six times what it needed before, and comes near it slowly.
            Needs = (name, _) => name == "a" ? (450_000, 10) : (640_000, 20),
        };
        Run(machine, ["a", "b"], workers: 2);
        Assert.All(_listener.Results, result => Assert.Equal(CaseStatus.Same, result.Status));
        Assert.Equal(0, machine.KernelKills);
        Assert.True(machine.Peak <= Total);
        Assert.Equal(machine.Cancels, (int)_summary!.OwnKills);
    }

    [Theory]
    [InlineData(0, CaseStatus.OutOfMemory, 1)]
    [InlineData(1, CaseStatus.DoesNotFit, 2)]
    [InlineData(2, CaseStatus.DoesNotFit, 2)]
    public void A_case_that_is_larger_than_the_machine_is_told_with_its_figures(int retries, CaseStatus status, int attempts)
    {
        var machine = new FakeMachine(Total) { Needs = (name, _) => name == "huge" ? (5_000_000, 2) : (1000, 1) };
        Run(machine, ["huge", "other"], oomRetry: retries);
        CaseResult huge = Result("huge");
        Assert.Equal((status, true), (huge.Status, huge.Attempts <= attempts));
        Assert.Contains("MB", huge.Reason, StringComparison.Ordinal);
        Assert.Equal(CaseStatus.Same, Result("other").Status);
        Assert.Equal(2, _summary!.ExitCode);
    }

    [Fact]
    public void What_was_learned_of_a_kill_is_known_to_the_next_run()
    {
        var machine = new FakeMachine(Total) { Needs = (name, _) => name == "huge" ? (5_000_000, 1) : (1000, 1) };
        Run(machine, ["huge", "other"], oomRetry: 0);
        using PeakHistory next = Open();
        Assert.Equal(5_000_000, Assert.Single(next.Known, one => one.Case == "huge").LowerBound);
        Assert.Equal(1000, Assert.Single(next.Known, one => one.Case == "other").Need);
    }

    [Fact]
    public void Tiers_alone_set_nothing_aside_and_still_try_again()
    {
        var machine = new FakeMachine(Total) { Needs = (name, attempt) => (name == "a" && attempt == 1 ? 1_200_000 : 200_000, 1) };
        Run(machine, ["a", "b"], workers: 2, throttle: ThrottlePolicy.Tiers);
        Assert.Equal((CaseStatus.Same, 2, 0L), (Result("a").Status, Result("a").Attempts, Result("a").Reserved));
        Assert.Null(Result("b").PredictedFrom);
    }

    [Property(MaxTest = 10)]
    public void Whatever_cases_need_each_has_one_result_and_the_machine_is_never_overdrawn(PositiveInt[] needs, PositiveInt workers)
    {
        var fresh = new AdmittedRunTests();
        using (fresh)
        {
            string[] names = [.. needs.Take(12).Select((_, i) => $"d{i % 3}-case{i}")];
            var machine = new FakeMachine(Total) { Needs = (name, _) => (1 + (Math.Abs(name.GetHashCode(StringComparison.Ordinal)) % 1_400_000), 3) };
            fresh.Run(machine, names, workers: 1 + (workers.Get % 6));
            Assert.Equal(names.Order(StringComparer.Ordinal), fresh._listener.Results.Select(result => result.Case).Order(StringComparer.Ordinal));
            Assert.True(machine.Peak <= Total);
            Assert.All(fresh._listener.Results, result => Assert.True(result.Status is CaseStatus.Same or CaseStatus.DoesNotFit, result.ToString()));
        }
    }

    [Fact]
    public void A_stopped_run_gives_a_result_to_a_case_that_was_to_be_tried_again()
    {
        using var stop = new CancellationTokenSource();
        Know(("a", 100_000, 20), ("b", 100_000, 10));
        var machine = new FakeMachine(Total)
        {
            Needs = (name, _) => (700_000, name == "a" ? 4 : 3),
            Step = step => { if (step == 3) stop.Cancel(); },
        };
        Run(machine, ["a", "b"], workers: 2, stop: stop.Token);
        Assert.Equal(["a", "b"], _listener.Results.Select(result => result.Case).Order(StringComparer.Ordinal));
        Assert.True(_summary!.Stopped);
    }

    private void Know(params (string Case, long Peak, int Seconds)[] known)
    {
        using PeakHistory history = Open();
        foreach ((string name, long peak, int seconds) in known)
            history.Add(new PeakObservation(name, false, new PeakSample(DateTimeOffset.UnixEpoch, peak, TimeSpan.FromSeconds(seconds))));
    }

    private PeakHistory Open() => PeakHistory.TryOpen(_directory["history.db"], s_key, message => Assert.Fail(message))!;

    private CaseResult Result(string name) => Assert.Single(_listener.Results, result => result.Case == name);

    private void Run(
        FakeMachine machine, string[] names, int workers = 4, int oomRetry = 2, ThrottlePolicy throttle = ThrottlePolicy.Predictive,
        CancellationToken stop = default)
    {
        using var folder = new OutputFolder(_directory["out"]);
        using RunOutput output = RunOutput.Create(folder, new JournalHeader(JournalHeader.Version, "0", DateTimeOffset.UnixEpoch, "/b", "/c"));
        using var source = new QueuedCases();
        foreach (string name in names) source.TryAdd(new TestCase(name, "/b/" + name, "/c/" + name), TimeSpan.Zero);
        source.Complete();
        var options = new RunOptions
        {
            Comparer = new CommandComparer(["/bin/true"]), ThrottleLimit = workers, OomRetry = oomRetry, Throttle = throttle,
        };
        using PeakHistory history = Open();
        _summary = new CompareRun(options, source, new RunWorld(machine, machine, machine, TimeProvider.System), output, history, _listener).Run(stop);
    }

    private sealed class Listener : IRunListener
    {
        public List<CaseResult> Results { get; } = [];

        public List<string> Decisions { get; } = [];

        public void Ended(CaseResult result) => Results.Add(result);

        public void Decided(string message) => Decisions.Add(message);

        public void Warned(string message) => Assert.Fail(message);

        public void Moved(RunProgress progress) { }
    }
}
