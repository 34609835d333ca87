using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>Measure-DefragMemory as a process that is interrupted or killed: what it measured may not be left.</summary>
public sealed class MeasureProcessTests : IDisposable
{
    private const int Sigint = 2, Sigkill = 9;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("defrag-kill-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(Sigint, 130)]
    [InlineData(Sigkill, 137)]
    public void A_program_ends_with_the_measurement_that_started_it(int signal, int exitCode)
    {
        string started = Path.Combine(_root, "started");
        using Process run = Start("Measure-DefragMemory", "--", "sh", "-c", "trap '' TERM INT; echo $$ > \"$0.new\"; mv \"$0.new\" \"$0\"; sleep 1000", started);
        Assert.True(SpinWait.SpinUntil(() => run.HasExited || File.Exists(started), s_patience));
        Assert.False(run.HasExited, "The program did not start.");
        string program = $"/proc/{File.ReadAllText(started).Trim()}";
        Assert.True(Directory.Exists(program));

        Assert.Equal(0, Kill(run.Id, signal));

        Assert.True(run.WaitForExit(s_patience), "The measurement goes on.");
        Assert.Equal(exitCode, run.ExitCode);
        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists(program), s_patience), "The program goes on.");
    }

    private static Process Start(params string[] words)
    {
        var start = new ProcessStartInfo(Repository.In("defrag"), words)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["DEFRAG_HOST"] = "embedded";
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
