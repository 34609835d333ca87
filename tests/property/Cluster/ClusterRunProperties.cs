using Defragger.Cluster;
using Defragger.Compare;
using Defragger.Simulation;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Cluster;

/// <summary>The real run before a simulated cluster on which everything goes wrong that can.</summary>
public sealed class ClusterRunProperties : IDisposable
{
    private const long MB = 1L << 20;

    private readonly TemporaryDirectory _directory = new();
    private int _runs;

    public void Dispose() => _directory.Dispose();

    [Property(MaxTest = 60)]
    public void Whatever_is_lost_each_case_has_one_result_and_that_is_right(int seed)
    {
        var draw = new Draw(seed);
        ClusterTroubles troubles = Troubles(draw);
        var cluster = new SimulatedCluster(
            1 + draw.Below(5), 1 + draw.Below(3), (1000 + draw.Below(4000)) * MB, one => Demand(one.Case, seed), troubles, seed, draw.Share());

        Outcome outcome = Run(cluster, Cases(draw.Below(400)), Folder());

        AssertRight(outcome, cluster, seed);
        Assert.Equal(0, cluster.Alive);
    }

    [Property(MaxTest = 60)]
    public void A_run_that_was_killed_at_any_moment_is_gone_on_with(int seed)
    {
        var draw = new Draw(seed);
        ClusterTroubles troubles = Troubles(draw);
        var cluster = new SimulatedCluster(2, 2, 3000 * MB, one => Demand(one.Case, seed), troubles, seed);
        string folder = Folder();
        TestCase[] cases = Cases(1 + draw.Below(300));
        HashSet<string> told = [];
        for (int kills = draw.Below(3); kills >= 0; kills--)
        {
            int moment = kills == 0 ? int.MaxValue : draw.Below(60);
            try
            {
                Outcome outcome = Run(cluster, cases, folder, killAfter: moment);
                // What was decided before is told again as taken over; what is told anew was not decided.
                Assert.Equal(cases.Length, outcome.Results.Count);
                AssertRight(outcome, cluster, seed);
                break;
            }
            catch (KilledException)
            {
                cluster.Deaf = false;
            }
        }
        Dictionary<string, int> decided = [];
        foreach (CaseResult one in Journal(folder).Where(one => one.Status is CaseStatus.Same))
            decided[one.Case] = decided.GetValueOrDefault(one.Case) + 1;
        Assert.All(decided, one => Assert.True(one.Value == 1, $"{one.Key} was decided {one.Value} times"));
        Assert.Equal(0, cluster.Alive);
    }

    [Property(MaxTest = 30)]
    public void A_run_that_is_stopped_leaves_no_task_and_no_case_twice(int seed)
    {
        var draw = new Draw(seed);
        var cluster = new SimulatedCluster(2, 2, 3000 * MB, one => Demand(one.Case, seed), ClusterTroubles.None, seed);
        using var stop = new CancellationTokenSource();
        TestCase[] cases = Cases(400);

        Outcome outcome = Run(cluster, cases, Folder(), stopAfter: 1 + draw.Below(40), stop: stop);

        Assert.Equal(outcome.Results.Count, outcome.Results.DistinctBy(one => one.Case).Count());
        Assert.Equal(outcome.Results.Count < cases.Length, outcome.Summary.Stopped);
        cluster.Wait(TimeSpan.FromHours(1));
        Assert.Equal(0, cluster.Alive);
    }

    [Fact]
    public void A_case_out_of_memory_goes_up_one_class_and_then_to_the_most_there_is()
    {
        var cluster = new SimulatedCluster(1, 8, 8000 * MB, one => new CaseDemand(1, one.Case == "case000" ? 5000 * MB : 10 * MB));

        Outcome outcome = Run(cluster, Cases(10), Folder());

        CaseResult big = outcome.Results.Single(one => one.Case == "case000");
        Assert.Equal((CaseStatus.Same, 3), (big.Status, big.Attempts));
        Assert.Equal((8000 * MB) - MemoryClasses.Overhead, big.Reserved);
        Assert.Equal(2, outcome.Summary.KernelKills);
    }

    [Fact]
    public void A_case_that_no_task_can_hold_does_not_fit()
    {
        var cluster = new SimulatedCluster(1, 8, 8000 * MB, one => new CaseDemand(1, one.Case == "case000" ? 9000 * MB : 10 * MB));

        Outcome outcome = Run(cluster, Cases(3), Folder());

        CaseResult big = outcome.Results.Single(one => one.Case == "case000");
        Assert.Equal(CaseStatus.DoesNotFit, big.Status);
        Assert.Contains("the most that a task can have here", big.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_case_that_takes_its_task_with_it_is_given_up_alone()
    {
        var cluster = new SimulatedCluster(2, 2, 3000 * MB, one => new CaseDemand(1, 10 * MB)) { Poison = "case007" };

        Outcome outcome = Run(cluster, Cases(60), Folder());

        CaseResult bad = Assert.Single(outcome.Results, one => one.Status != CaseStatus.Same);
        Assert.Equal(("case007", CaseStatus.Error, ChunkMerge.MostLosses + 1), (bad.Case, bad.Status, bad.Attempts));
        Assert.Contains("NODE_FAIL on n", bad.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cluster_on_which_nothing_works_ends_the_run()
    {
        var cluster = new SimulatedCluster(4, 2, 3000 * MB, _ => new CaseDemand(1, 10 * MB), new ClusterTroubles { Lost = 1, LosesAll = true });

        var failed = Assert.Throws<ClusterException>(() => Run(cluster, Cases(5000), Folder()));

        Assert.Contains("without a result, and none with one", failed.Message, StringComparison.Ordinal);
        cluster.Wait(TimeSpan.FromHours(1));
        Assert.Equal(0, cluster.Alive);
    }

    [Fact]
    public void A_cluster_that_takes_nothing_ends_the_run_in_minutes()
    {
        var cluster = new SimulatedCluster(4, 2, 3000 * MB, _ => new CaseDemand(1, 10 * MB), new ClusterTroubles { Silent = 1 });

        var failed = Assert.Throws<ClusterException>(() => Run(cluster, Cases(50), Folder()));

        Assert.Contains("no answer", failed.Message, StringComparison.Ordinal);
        Assert.InRange(cluster.GetUtcNow() - DateTimeOffset.UnixEpoch, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(8));
    }

    [Fact]
    public void Cases_that_take_far_longer_than_expected_do_not_keep_their_neighbours()
    {
        // 60 s each, and nothing known: of a chunk only as many are begun as its time has room for.
        var cluster = new SimulatedCluster(10, 1, 3000 * MB, _ => new CaseDemand(60, 10 * MB));

        Outcome outcome = Run(cluster, Cases(200), Folder());

        Assert.Equal(200, outcome.Summary.Count(CaseStatus.Same));
        double ideal = 200 * 60 / 10;
        Assert.InRange(outcome.Summary.Elapsed.TotalSeconds / ideal, 1, 1.25);
    }

    [Fact]
    public void A_result_that_shows_late_is_waited_for_whatever_became_of_the_task()
    {
        // Each chunk's time is over before its cases are, and each has a case out of memory: nothing of it was lost.
        var cluster = new SimulatedCluster(
            1, 8, 8000 * MB, one => new CaseDemand(30, one.Case[^1] == '0' ? 1500 * MB : 10 * MB), new ClusterTroubles { Delay = 20 });

        Outcome outcome = Run(cluster, Cases(100), Folder());

        Assert.All(outcome.Results, one => Assert.Equal((CaseStatus.Same, one.Case[^1] == '0' ? 2 : 1), (one.Status, one.Attempts)));
    }

    [Fact]
    public void No_more_tasks_are_handed_in_than_the_throttle_limit()
    {
        int most = 0;
        SimulatedCluster cluster = null!;
        cluster = new SimulatedCluster(10, 1, 3000 * MB, _ =>
        {
            most = Math.Max(most, cluster.Alive);
            return new CaseDemand(1, 10 * MB);
        });

        Run(cluster, Cases(400), Folder(), limit: 3);

        Assert.Equal(3, most);
    }

    private static ClusterTroubles Troubles(Draw draw) => new()
    {
        Lost = draw.Chance(0.5) ? 0.15 * draw.Share() : 0,
        Returned = 0.5,
        Silent = draw.Chance(0.5) ? 0.3 * draw.Share() : 0,
        AnswerLost = draw.Chance(0.3) ? 0.3 : 0,
        Remembered = draw.Chance(0.3) ? 1 : 300,
        Delay = draw.Chance(0.3) ? 20 * draw.Share() : 0,
    };

    // The same for the same case, whatever task it is in.
    private static CaseDemand Demand(string name, int seed)
    {
        var draw = new Draw(unchecked((int.Parse(name[4..], System.Globalization.CultureInfo.InvariantCulture) * 7919) + seed));
        return new CaseDemand(0.01 + (20 * draw.Share() * draw.Share()), (long)(200 * MB * draw.LogNormal(1)));
    }

    private static TestCase[] Cases(int count) =>
        [.. Enumerable.Range(0, count).Select(i => $"case{i:000}").Select(name => new TestCase(name, "/b/" + name, "/c/" + name))];

    private static void AssertRight(Outcome outcome, SimulatedCluster cluster, int seed)
    {
        Assert.Equal(outcome.Results.Count, outcome.Results.DistinctBy(one => one.Case).Count());
        long most = cluster.Shape.Largest - MemoryClasses.Overhead;
        foreach (CaseResult one in outcome.Results)
        {
            bool given = one.Status == CaseStatus.Error && cluster.LostTasks > ChunkMerge.MostLosses && one.Reason.StartsWith("its task was lost 4 times", StringComparison.Ordinal);
            CaseStatus right = Demand(one.Case, seed).Peak > most ? CaseStatus.DoesNotFit : CaseStatus.Same;
            Assert.True(given || one.Status == right, $"{one.Case}: {one.Status} ({one.Reason}), and not {right}");
        }
    }

    private string Folder() => _directory[$"out{_runs++}"];

    private static IEnumerable<CaseResult> Journal(string folder) =>
        File.ReadLines(Path.Combine(folder, "journal.jsonl")).Skip(1).Select(line => JournalJson.Parse(System.Text.Encoding.UTF8.GetBytes(line)).Result);

    private static Outcome Run(
        SimulatedCluster cluster, TestCase[] cases, string path, int limit = int.MaxValue, int killAfter = int.MaxValue, int stopAfter = int.MaxValue,
        CancellationTokenSource? stop = null)
    {
        using var folder = new OutputFolder(path);
        bool resume = File.Exists(folder.Journal);
        using RunOutput output = resume
            ? RunOutput.Resume(folder)
            : RunOutput.Create(folder, new JournalHeader(JournalHeader.Version, "0", DateTimeOffset.UnixEpoch, "/b", "/c"));
        var listener = new Listener();
        using var source = new ListedCases(cases);
        var options = new RunOptions { Comparer = new CommandComparer(["/bin/true"]), ThrottleLimit = limit };
        string shared = Path.Combine(path, "cluster");
        Directory.CreateDirectory(shared);
        var pause = new CountedPause(cluster, killAfter, stopAfter, stop);
        var run = new ClusterRun(options, source, new ClusterWorld(cluster, cluster.Shape, cluster, pause), output, shared, history: null, listener);
        if (resume) Adopt(run);
        return new Outcome(run.Run(stop?.Token ?? CancellationToken.None), listener.Results);
    }

    // A cluster that does not answer is asked again, as a person would.
    private static void Adopt(ClusterRun run)
    {
        while (true)
        {
            try
            {
                run.Adopt();
                return;
            }
            catch (BatchBusyException)
            {
                // Again.
            }
        }
    }

    private sealed record Outcome(CompareSummary Summary, List<CaseResult> Results);

    private sealed class KilledException : Exception;

    private sealed class CountedPause(SimulatedCluster cluster, int killAfter, int stopAfter, CancellationTokenSource? stop) : IPause
    {
        private int _waits;

        public void Wait(TimeSpan time)
        {
            if (_waits++ == killAfter)
            {
                cluster.Deaf = true; // a killed run cancels nothing
                throw new KilledException();
            }
            if (_waits == stopAfter) stop!.Cancel();
            cluster.Wait(time);
        }

        public void Wake()
        {
            // Nobody waits in real time.
        }
    }

    private sealed class ListedCases(TestCase[] cases) : CaseSource
    {
        private int _next;

        public override long? Total => cases.Length;

        public override SourceState TryTake(out TestCase testCase)
        {
            bool more = _next < cases.Length;
            testCase = more ? cases[_next++] : default;
            return more ? SourceState.Taken : SourceState.Done;
        }
    }

    private sealed class Listener : IRunListener
    {
        public List<CaseResult> Results { get; } = [];

        public void Ended(CaseResult result) => Results.Add(result);

        public void Decided(string message)
        {
            // Not looked at here.
        }

        public void Warned(string message)
        {
            // Not looked at here.
        }

        public void Moved(RunProgress progress)
        {
            // Not looked at here.
        }
    }
}
