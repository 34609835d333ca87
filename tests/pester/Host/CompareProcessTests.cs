using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>Invoke-DefragCompare as a process that is interrupted or killed: no process of it may be left.</summary>
/// <remarks>What belongs to a run is told by a variable in its environment, which every process inherits, also those that
/// leave its session and its parents.</remarks>
public sealed class CompareProcessTests : IDisposable
{
    private const int Sigint = 2, Sigkill = 9, Sigterm = 15;
    private const string Mark = "DEFRAG_TEST_MARK";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly string _root = Directory.CreateTempSubdirectory("defrag-kill-").FullName;

    public CompareProcessTests()
    {
        foreach (string side in new[] { "base", "cand" })
        {
            Directory.CreateDirectory(Path.Combine(_root, side));
            for (int i = 0; i < 4; i++) File.WriteAllText(Path.Combine(_root, side, $"case{i}"), "x");
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    public static TheoryData<string, int> Engines => new()
    {
        { "embedded", Sigint }, { "embedded", Sigterm }, { "embedded", Sigkill }, { "pwsh", Sigint }, { "pwsh", Sigkill },
    };

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_run_that_is_ended_by_a_signal_leaves_no_process(string engine, int signal)
    {
        if (engine == "pwsh" && !IsOnPath("pwsh")) Assert.Skip("There is no pwsh on the PATH.");
        using Process run = StartHanging(engine);
        WaitForCases(run);

        Assert.Equal(0, Kill(run.Id, signal));

        Assert.True(run.WaitForExit(s_patience), "The run goes on.");
        Assert.True(SpinWait.SpinUntil(() => Marked().Length == 0, s_patience), $"Left behind: {string.Join(", ", Marked())}");
        Assert.NotEqual(0, run.ExitCode);
        AssertWholeLines();
    }

    [Fact]
    public void Ctrl_C_ends_with_130_and_the_run_can_be_gone_on_with()
    {
        using (Process run = StartHanging("embedded"))
        {
            WaitForCases(run);
            Assert.Equal(0, Kill(run.Id, Sigint));
            Assert.True(run.WaitForExit(s_patience));
            Assert.Equal(130, run.ExitCode);
        }
        using Process again = Start("embedded", "-Resume", "--", "true");
        string output = again.StandardOutput.ReadToEnd();
        Assert.True(again.WaitForExit(s_patience));
        Assert.Contains("4 cases", output, StringComparison.Ordinal);
        Assert.Equal(0, again.ExitCode);
    }

    [Fact]
    public void A_launcher_that_is_killed_ends_the_run_with_an_error_and_leaves_no_process()
    {
        using Process run = StartHanging("embedded");
        WaitForCases(run);
        int launcher = Marked().Single(id => CommandLine(id).Contains("defrag-launch\0--serve", StringComparison.Ordinal) && Parent(id) == run.Id);

        Assert.Equal(0, Kill(launcher, Sigkill));

        string error = run.StandardError.ReadToEnd();
        Assert.True(run.WaitForExit(s_patience));
        Assert.Contains("launcher", error, StringComparison.Ordinal);
        Assert.Equal(2, run.ExitCode);
        Assert.True(SpinWait.SpinUntil(() => Marked().Length == 0, s_patience), $"Left behind: {string.Join(", ", Marked())}");
    }

    // Each case leaves a daemon of another session and hangs, deaf to a polite signal.
    private Process StartHanging(string engine) => Start(
        engine, "--", "sh", "-c", "setsid sleep 1000 > /dev/null 2>&1 & trap '' TERM INT; echo >> \"$1\"; sleep 1000", "sh", Path.Combine(_root, "started"));

    private Process Start(string engine, params string[] words)
    {
        var start = new ProcessStartInfo(Repository.In("defrag"),
        [
            "Invoke-DefragCompare", Path.Combine(_root, "base"), Path.Combine(_root, "cand"), "-ThrottleLimit", "2",
            "-OutputDirectory", Path.Combine(_root, "out"), .. words,
        ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DEFRAG_HOST"] = engine;
        start.Environment[Mark] = _mark;
        start.Environment["XDG_STATE_HOME"] = Path.Combine(_root, "state");
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private void WaitForCases(Process run)
    {
        string started = Path.Combine(_root, "started");
        bool both = SpinWait.SpinUntil(
            () => run.HasExited || (File.Exists(started) && new FileInfo(started).Length == 2), s_patience);
        Assert.True(both && !run.HasExited, run.HasExited ? run.StandardError.ReadToEnd() : "The cases did not start.");
    }

    private void AssertWholeLines()
    {
        string journal = File.ReadAllText(Path.Combine(_root, "out", "journal.jsonl"));
        Assert.All(journal.TrimEnd('\n').Split('\n'), line => Assert.EndsWith("}", line, StringComparison.Ordinal));
    }

    private int[] Marked() =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Select(name => int.Parse(name!)).Where(id => ReadText(id, "environ").Contains($"{Mark}={_mark}", StringComparison.Ordinal)),
    ];

    private static string CommandLine(int id) => ReadText(id, "cmdline");

    private static int Parent(int id)
    {
        string stat = ReadText(id, "stat");
        return stat.Length == 0 ? 0 : int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
    }

    // A process may be gone by the time it is read, and one that has died has no environment.
    private static string ReadText(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(place => File.Exists(Path.Combine(place, program)));

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
