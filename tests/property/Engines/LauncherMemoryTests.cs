using System.Globalization;
using Defragger.Engines;
using Xunit;
using static Defragger.Tests.Engines.LauncherProgram;

namespace Defragger.Tests.Engines;

/// <summary>Peaks and limits.</summary>
public sealed class LauncherMemoryTests(LauncherFixture fixture) : IClassFixture<LauncherFixture>, IDisposable
{
    private const long Megabyte = 1024 * 1024;
    private readonly NativeLauncher _launcher = fixture.Launcher;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_peak_is_the_case_s_and_not_that_of_the_process_that_asked()
    {
        byte[] large = new byte[200 * Megabyte];
        large.AsSpan().Fill(1);
        using var launcher = new NativeLauncher(LauncherProgram.Location);
        ProcessReport small = launcher.Run(new ProcessSpec { Program = "true" });
        ProcessReport report = launcher.Run(Touch(50));
        GC.KeepAlive(large);

        Assert.Equal(PeakSource.Rusage, report.PeakSource);
        Assert.InRange(report.PeakMemory, 50 * Megabyte, 60 * Megabyte);
        Assert.InRange(small.PeakMemory, 1, 5 * Megabyte);
    }

    [Fact]
    public void The_peak_of_a_daemon_counts()
    {
        ProcessReport report = _launcher.Run(Shell(
            "(setsid sh -c 'dd if=/dev/zero of=/dev/null bs=50M count=1 2>/dev/null; echo done' &) | read line"));
        Assert.InRange(report.PeakMemory, 50 * Megabyte, 60 * Megabyte);
    }

    [Fact]
    public void A_case_beyond_its_memory_limit_is_killed_and_says_so()
    {
        ProcessReport report = _launcher.Run(Touch(200) with { MemoryLimit = 50 * Megabyte });
        SkipWithoutCgroup(report);
        Assert.True(report.OutOfMemory);
        Assert.Equal(9, report.Signal);
        Assert.Equal(PeakSource.Cgroup, report.PeakSource);
        Assert.InRange(report.PeakMemory, 40 * Megabyte, 50 * Megabyte);
        Assert.Empty(Cgroups());
    }

    [Fact]
    public void A_case_within_its_memory_limit_runs_to_its_end()
    {
        ProcessReport report = _launcher.Run(Touch(50) with { MemoryLimit = 500 * Megabyte });
        SkipWithoutCgroup(report);
        Assert.Equal(0, report.ExitCode);
        Assert.False(report.OutOfMemory);
        Assert.Equal(PeakSource.Cgroup, report.PeakSource);
        Assert.InRange(report.PeakMemory, 50 * Megabyte, 70 * Megabyte);
        Assert.Empty(Cgroups());
    }

    [Fact]
    public void A_limit_holds_for_daemons_together()
    {
        SkipWithoutCgroup(_launcher.Run(new ProcessSpec { Program = "true", MemoryLimit = 50 * Megabyte }));
        // Each dd keeps its block while it waits to write it, and the case ends as soon as one of them is killed.
        ProcessReport report = _launcher.Run(Shell(
            "mkfifo p; sleep 1000 <p & for i in 1 2 3; do (setsid dd if=/dev/zero of=p bs=30M count=9 2>/dev/null; : >dead) & done; "
            + "until test -e dead; do sleep 0.01; done")
            with { MemoryLimit = 50 * Megabyte, Timeout = Patience, GracePeriod = TimeSpan.Zero, WorkingDirectory = _directory.Path });
        Assert.True(report.OutOfMemory);
        Assert.Empty(Cgroups());
    }

    [Fact]
    public void What_a_running_case_holds_is_the_memory_of_all_its_processes()
    {
        using var launcher = new NativeLauncher(LauncherProgram.Location);
        // Each dd keeps its block while it waits to write it; one of them left the case's session.
        using var two = new RunningCase(launcher, 2, Shell(
            "mkfifo $$.p; dd if=/dev/zero of=$$.p bs=40M count=9 2>/dev/null & setsid dd if=/dev/zero of=$$.p bs=30M count=9 2>/dev/null & "
            + "sleep 1000 <$$.p") with { WorkingDirectory = _directory.Path });
        using var small = new RunningCase(launcher, 7, new ProcessSpec { Program = "sleep", Arguments = ["1000"] });
        long held = 0, little = 0;
        Eventually("The two blocks are there.", () =>
        {
            IReadOnlyList<CaseMemory> measured = Measure(launcher);
            held = measured.Where(one => one.Id == 2).Sum(one => one.Bytes);
            little = measured.Where(one => one.Id == 7).Sum(one => one.Bytes);
            return held >= 70 * Megabyte && little > 0;
        });
        Assert.InRange(held, 70 * Megabyte, 80 * Megabyte);
        Assert.InRange(little, 1, 5 * Megabyte);
    }

    [Fact]
    public void A_case_that_has_been_reported_holds_nothing()
    {
        using var launcher = new NativeLauncher(LauncherProgram.Location);
        Assert.Empty(Measure(launcher));
        launcher.Run(new ProcessSpec { Program = "true" });
        Assert.Empty(Measure(launcher));
    }

    [Fact]
    public void A_killed_supervisor_leaves_no_cgroup()
    {
        using var launcher = new NativeLauncher(LauncherProgram.Location);
        SkipWithoutCgroup(launcher.Run(new ProcessSpec { Program = "true", MemoryLimit = 50 * Megabyte }));
        string token = Token();
        using var running = new RunningCase(
            launcher, 2, new ProcessSpec { Program = "sleep", Arguments = [token], MemoryLimit = 50 * Megabyte });
        Eventually("The case runs.", () => ProcessesWith(token).Length == 1);
        Assert.Single(Cgroups(launcher));
        Kill9(Assert.Single(ChildrenOf(launcher.ProcessId)));
        Assert.NotNull(running.Report.StartError);
        launcher.Dispose();
        Assert.Empty(Cgroups(launcher));
    }

    private static IReadOnlyList<CaseMemory> Measure(NativeLauncher launcher)
    {
        using var answered = new ManualResetEventSlim();
        IReadOnlyList<CaseMemory>? held = null;
        launcher.Measure(measured =>
        {
            held = measured;
            answered.Set();
        });
        Assert.True(answered.Wait(Patience));
        return held!;
    }

    private static ProcessSpec Touch(int megabytes) => new()
    {
        Program = "dd",
        Arguments = ["if=/dev/zero", "of=/dev/null", string.Create(CultureInfo.InvariantCulture, $"bs={megabytes}M"), "count=1"],
    };

    private static void SkipWithoutCgroup(ProcessReport report)
    {
        if (report.MemoryLimited == false)
            Assert.Skip("No cgroup can be made here: no permission, or no memory controller.");
        Assert.True(report.MemoryLimited);
    }

    private string[] Cgroups() => Cgroups(_launcher);

    private static string[] Cgroups(NativeLauncher launcher) => Directory.GetDirectories(
        "/sys/fs/cgroup", $"defrag-{launcher.ProcessId}-*",
        new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true });
}
