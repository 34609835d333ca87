using Defragger.Compare;
using Defragger.Engines;
using Defragger.Gauges;
using Defragger.History;
using Defragger.Tests.Engines;
using Xunit;

namespace Defragger.Tests.Compare;

/// <summary>A run in a real cgroup that is too small for what starts at once: real kills, real retries.</summary>
public sealed class CgroupRunTests : IDisposable
{
    private const long Megabyte = 1 << 20;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void Cases_that_outgrow_a_cgroup_together_are_tried_again_until_all_have_ended_well()
    {
        using MemoryGroup group = MemoryGroup.Make(300 * Megabyte);
        string launcher = group.Wrap(LauncherProgram.Location, _directory["launch"]);
        string[] names = ["a", "b", "c", "d"];
        // As if each had needed a tenth of what it needs now.
        var comparer = new CommandComparer(["/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=120M", "count=15"]);
        using (PeakHistory history = PeakHistory.TryOpen(_directory["history.db"], HistoryKey.Of(comparer.Identity), message => Assert.Fail(message))!)
        {
            foreach (string name in names)
                history.Add(new PeakObservation(name, false, new PeakSample(DateTimeOffset.UtcNow, 12 * Megabyte, TimeSpan.FromSeconds(1))));
        }

        CompareSummary summary = Run(group, launcher, names, comparer, out List<CaseResult> results);

        Assert.All(results, result => Assert.Equal(CaseStatus.Same, result.Status));
        Assert.Equal(names, results.Select(result => result.Case).Order(StringComparer.Ordinal));
        Assert.True(summary.KernelKills + summary.OwnKills > 0, "Nothing was killed: 480 MB fitted into 300.");
        Assert.Equal(summary.KernelKills + summary.OwnKills, results.Sum(result => result.Attempts - 1));
    }

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void A_case_that_is_larger_than_the_cgroup_does_not_fit()
    {
        using MemoryGroup group = MemoryGroup.Make(100 * Megabyte);
        string launcher = group.Wrap(LauncherProgram.Location, _directory["launch"]);
        var comparer = new CommandComparer(["/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1", "status=none"], _directory.Path);
        CompareSummary summary = Run(group, launcher, ["huge"], comparer, out List<CaseResult> results);
        CaseResult huge = Assert.Single(results);
        Assert.Equal(CaseStatus.DoesNotFit, huge.Status);
        Assert.Contains("100 MB", huge.Reason, StringComparison.Ordinal);
        Assert.Equal(2, summary.ExitCode);
    }

    private CompareSummary Run(MemoryGroup group, string launcher, string[] names, CaseComparer comparer, out List<CaseResult> results)
    {
        using var folder = new OutputFolder(_directory["out"]);
        using RunOutput output = RunOutput.Create(folder, new JournalHeader(JournalHeader.Version, "0", DateTimeOffset.UnixEpoch, "/b", "/c"));
        using var source = new QueuedCases();
        foreach (string name in names) source.TryAdd(new TestCase(name, "status=none", "status=none"), TimeSpan.Zero);
        source.Complete();
        var listener = new Listener();
        using var cases = new NativeLauncher(launcher);
        using PeakHistory? known = PeakHistory.TryOpen(_directory["history.db"], HistoryKey.Of(comparer.Identity), message => Assert.Fail(message));
        var world = new RunWorld(cases, group, new NoPressure(), TimeProvider.System);
        var options = new RunOptions { Comparer = comparer, ThrottleLimit = names.Length };
        results = listener.Results;
        return new CompareRun(options, source, world, output, known, listener).Run(CancellationToken.None);
    }

    // That of the machine comes from whatever else runs on it, and would hold the cases back one by one.
    private sealed class NoPressure : IPressureGauge
    {
        public double Read() => 0;
    }

    private sealed class Listener : IRunListener
    {
        public List<CaseResult> Results { get; } = [];

        public void Ended(CaseResult result) => Results.Add(result);

        public void Decided(string message) { }

        public void Warned(string message) => Assert.Fail(message);

        public void Moved(RunProgress progress) { }
    }
}
