using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>Approve-DefragCompare as a process that is killed at any moment: every file of the baseline is the old or the new one.</summary>
public sealed class ApproveProcessTests : IDisposable
{
    private const int Files = 150, Wanted = 4, RoundsMost = 40, Sigkill = 9;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly string _root = Directory.CreateTempSubdirectory("defrag-approve-").FullName;
    private readonly Random _random = new(20261126);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_kill_at_any_moment_leaves_the_old_or_the_new_file_in_whole()
    {
        for (int i = 0; i < Files; i++) Write("cand", i, 'n');
        Reset();
        using (Process compare = Start("Invoke-DefragCompare", In("base"), In("cand"), "-OutputDirectory", In("out"), "-NoHistory", "--", "false"))
            Assert.Equal(1, Wait(compare));

        // A kill comes at a moment that the machine has a say in: as many rounds as it takes to meet enough good ones.
        int midway = 0, leftovers = 0, round = 0;
        for (; midway < Wanted && round < RoundsMost; round++)
        {
            Reset();
            using Process approve = Start("Approve-DefragCompare", In("out"), "-All", "-Confirm:false", "-Force");
            Assert.True(SpinWait.SpinUntil(() => approve.HasExited || New() > 0, s_patience), "Nothing is approved.");
            // From the first file on, some way into the rest.
            int until = _random.Next(Files);
            SpinWait.SpinUntil(() => approve.HasExited || New() >= until, s_patience);
            SpinWait.SpinUntil(() => false, TimeSpan.FromMicroseconds(_random.Next(3000)));
            _ = Kill(approve.Id, Sigkill); // it may have ended
            Wait(approve);

            int fresh = 0;
            for (int i = 0; i < Files; i++)
            {
                string text = File.ReadAllText(Name("base", i));
                Assert.True(text == Text(i, 'o') || text == Text(i, 'n'), $"File {i} is neither the old nor the new one ({text.Length} bytes) in round {round}.");
                fresh += text == Text(i, 'n') ? 1 : 0;
            }
            midway += fresh is > 0 and < Files ? 1 : 0;
            leftovers += Leftovers();
        }
        Assert.True(midway == Wanted, $"Only {midway} of {round} were killed between the first file and the last.");
        TestContext.Current.TestOutputHelper!.WriteLine($"{midway} of {round} killed in the middle, {leftovers} half copies left and removed by the next");

        using Process last = Start("Approve-DefragCompare", In("out"), "-All", "-Confirm:false", "-Force");
        Assert.Equal(0, Wait(last));
        Assert.Equal((Files, 0), (New(), Leftovers()));
    }

    private string In(string name) => Path.Combine(_root, name);

    private string Name(string side, int file) => Path.Combine(_root, side, $"d{file % 3}", $"case{file:D3}");

    // Long enough that a kill meets copies, and of two lengths, so that a mixture shows.
    private static string Text(int file, char kind) => new(kind, kind == 'o' ? 1000 + file : 400_000 + file);

    private void Write(string side, int file, char kind)
    {
        string name = Name(side, file);
        Directory.CreateDirectory(Path.GetDirectoryName(name)!);
        if (!File.Exists(name) || new FileInfo(name).Length != Text(file, kind).Length) File.WriteAllText(name, Text(file, kind));
    }

    private void Reset()
    {
        for (int i = 0; i < Files; i++) Write("base", i, 'o');
    }

    private int New() => Enumerable.Range(0, Files).Count(i => new FileInfo(Name("base", i)).Length >= 400_000);

    private int Leftovers() => Directory.GetFiles(In("base"), ".defrag-approve-*", SearchOption.AllDirectories).Length;

    private Process Start(params string[] words)
    {
        var start = new ProcessStartInfo(Repository.In("defrag"), words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DEFRAG_HOST"] = "embedded";
        start.Environment["XDG_STATE_HOME"] = In("state");
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static int Wait(Process process)
    {
        Assert.True(process.WaitForExit(s_patience), "It goes on.");
        return process.ExitCode;
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
