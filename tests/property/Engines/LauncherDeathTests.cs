using Defragger.Engines;
using Xunit;
using static Defragger.Tests.Engines.LauncherProgram;

namespace Defragger.Tests.Engines;

/// <summary>Whoever dies, nothing is left behind and every case is reported once.</summary>
public class LauncherDeathTests
{
    [Fact]
    public void Disposing_ends_all_cases_and_reports_them_before_it_returns()
    {
        string token = Token();
        var launcher = new NativeLauncher(LauncherProgram.Location);
        RunningCase[] cases = StartDaemons(launcher, token);
        launcher.Dispose();
        Assert.All(cases, running => Assert.True(running.HasEnded && running.Report.Cancelled));
        Assert.Empty(ProcessesWith(token));
        Assert.Throws<ObjectDisposedException>(() => launcher.Run(Shell("exit 0")));
        launcher.Cancel(1);
        launcher.Dispose();
    }

    [Fact]
    public void A_launcher_may_be_disposed_while_it_reports()
    {
        var launcher = new NativeLauncher(LauncherProgram.Location);
        using var disposed = new ManualResetEventSlim();
        launcher.Start(1, Shell("exit 0"), (_, _) =>
        {
            launcher.Dispose();
            disposed.Set();
        });
        Assert.True(disposed.Wait(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_killed_server_is_reported_and_its_supervisors_end_all_cases()
    {
        string token = Token();
        using var launcher = new NativeLauncher(LauncherProgram.Location);
        RunningCase[] cases = StartDaemons(launcher, token);
        Kill9(launcher.ProcessId);
        Assert.All(cases, running => Assert.StartsWith(
            "the launcher ended unexpectedly (exit 137", running.Report.StartError, StringComparison.Ordinal));
        Eventually("Everything has ended.", () => ProcessesWith(token).Length == 0);
        Assert.StartsWith(
            "the launcher ended unexpectedly", launcher.Run(Shell("exit 0")).StartError, StringComparison.Ordinal);
    }

    [Fact]
    public void A_killed_supervisor_is_reported_and_the_server_ends_its_case()
    {
        string token = Token(), other = Token();
        using var launcher = new NativeLauncher(LauncherProgram.Location);
        // More than one look of the server at its children lists.
        const int Bystanders = 300;
        for (int i = 0; i < Bystanders; i++)
            launcher.Start(1000 + i, new ProcessSpec { Program = "sleep", Arguments = [other] }, (_, _) => { });
        Eventually("The bystanders run.", () => ProcessesWith(other).Length == Bystanders);
        int[] before = ChildrenOf(launcher.ProcessId);
        RunningCase[] cases = StartDaemons(launcher, token);
        foreach (int supervisor in ChildrenOf(launcher.ProcessId).Except(before))
            Kill9(supervisor);
        Assert.All(cases, running => Assert.Equal(
            "the launcher's supervisor of this case was lost", running.Report.StartError));
        Assert.Empty(ProcessesWith(token));
        Assert.Equal(Bystanders, ProcessesWith(other).Length);
        Assert.Equal(0, launcher.Run(Shell("exit 0")).ExitCode);
    }

    [Fact]
    public void A_server_that_is_asked_to_end_ends_its_cases_first()
    {
        string token = Token();
        using var launcher = new NativeLauncher(LauncherProgram.Location);
        RunningCase[] cases = StartDaemons(launcher, token);
        Signal(launcher.ProcessId, "TERM");
        Assert.All(cases, running => Assert.True(running.Report.Cancelled));
        Assert.Empty(ProcessesWith(token));
    }

    [Fact]
    public void A_case_ends_even_when_its_supervisor_and_the_server_are_killed()
    {
        string token = Token();
        using var launcher = new NativeLauncher(LauncherProgram.Location);
        using var running = new RunningCase(launcher, 1, new ProcessSpec { Program = "sleep", Arguments = [token] });
        Eventually("The case runs.", () => ProcessesWith(token).Length == 1);
        Signal(launcher.ProcessId, "STOP"); // It must not clean up before it is killed.
        Kill9(Assert.Single(ChildrenOf(launcher.ProcessId)));
        Eventually("The case has ended.", () => ProcessesWith(token).Length == 0);
        Kill9(launcher.ProcessId);
        Assert.NotNull(running.Report.StartError);
    }

    /// <summary>Sends a signal for which .NET has no call.</summary>
    private static void Signal(int pid, string name)
    {
        using var kill = System.Diagnostics.Process.Start("kill", [$"-{name}", $"{pid}"]);
        kill.WaitForExit();
    }

    /// <summary>Three cases, each with a process in the foreground and an orphan in its own session.</summary>
    private static RunningCase[] StartDaemons(NativeLauncher launcher, string token)
    {
        RunningCase[] cases = [.. Enumerable.Range(1, 3).Select(id => new RunningCase(
            launcher, id, Shell($"trap '' TERM HUP; (setsid sleep {token} &); sleep {token}")))];
        Eventually("All processes run.", () => ProcessesWith(token).Length == 2 * cases.Length);
        return cases;
    }
}
