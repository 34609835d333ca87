using System.Buffers;
using System.Diagnostics;
using System.Text;
using Defragger.Engines;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Engines;

/// <summary>The server as a program: what it makes of any bytes, and the form for one case.</summary>
public class LauncherServerTests
{
    [Property(MaxTest = 100)]
    public void Any_bytes_end_the_server_in_an_orderly_way(byte[] bytes) => AssertOrderly(bytes);

    [Property(MaxTest = 200)]
    public Property A_damaged_frame_ends_the_server_in_an_orderly_way() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, ValidFrames.Length - 1)), Arb.From(Gen.Choose(0, 255)), (at, value) =>
        {
            byte[] damaged = [.. ValidFrames];
            damaged[at] = (byte)value;
            AssertOrderly(damaged);
        });

    [Fact]
    public void A_frame_that_is_cut_anywhere_is_named_and_ends_the_server()
    {
        for (int length = 1; length < ValidFrames.Length; length++)
        {
            (int exit, string error) = Serve(ValidFrames[..length]);
            // The two frames may also be cut between them.
            Assert.Equal(length == FirstFrame ? 0 : 2, exit);
            Assert.Equal(length == FirstFrame, error.Length == 0);
        }
    }

    public static TheoryData<byte[], string> Malformed => new()
    {
        { [1, 0, 64, 0], "a payload is at most 4 MiB" },
        { [0, 0, 0, 0], "a frame is a run (1), a cancel (2) or a measure (3)" },
        { [3, 0, 0, 0, 2, 0, 0], "no field reaches past the payload" },
        { [10, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0], "nothing is left over after the last field" },
        { Run(argc: 0), "a run has a program" },
        { Run(argc: uint.MaxValue), "no field reaches past the payload" },
        { Run(argc: 1, oom: 1001), "oom_score_adj is from -1000 to 1000" },
        { Run(argc: 1, capture: uint.MaxValue), "the capture limit is at most 64 MiB" },
    };

    [Theory]
    [MemberData(nameof(Malformed), DisableDiscoveryEnumeration = true)]
    public void A_malformed_frame_is_answered_with_the_rule_it_breaks(byte[] frame, string rule)
    {
        (int exit, string error) = Serve(frame);
        Assert.Equal(2, exit);
        Assert.Equal($"defrag-launch: malformed request, the rule is: {rule}\n", error);
    }

    [Fact]
    public void A_malformed_frame_ends_the_cases_that_run()
    {
        string token = LauncherProgram.Token();
        var frames = new ArrayBufferWriter<byte>();
        Assert.True(LauncherFrame.TryWriteRun(frames, 1, LauncherProgram.Shell($"setsid sleep {token} & sleep {token}")));
        Assert.Equal(2, Serve([.. frames.WrittenSpan, 0, 0, 0, 0]).Exit);
        Assert.Empty(LauncherProgram.ProcessesWith(token));
    }

    [Fact]
    public void One_case_is_run_from_the_command_line()
    {
        (int exit, string output, _) = Launch(
            "--timeout", "60", "--grace", "0.5", "--capture", "8", "--oom-score-adj", "700", "--directory", "/usr", "--",
            "sh", "-c", "pwd; cat /proc/self/oom_score_adj; echo four >&2; exit 3");
        Assert.Equal(0, exit);
        var reports = new LauncherReport(new MemoryStream(Encoding.UTF8.GetBytes(output)));
        Assert.True(reports.TryRead(out long id, out ProcessReport report));
        Assert.False(reports.TryRead(out _, out _));
        Assert.Equal(0, id);
        Assert.Equal(3, report.ExitCode);
        Assert.Equal("/usr\n[... 1 bytes left out ...]\n700\n", report.StandardOutput.Replace("\n\n", "\n"));
        Assert.Equal("four\n", report.StandardError);
    }

    [Fact]
    public void A_lack_of_memory_is_noticed_without_a_cgroup_of_the_case()
    {
        // The outer launcher's cgroup is the small machine in which the inner one's case is killed.
        (_, string output, _) = Launch(
            "--memory", "60000000", "--", LauncherProgram.Location, "--oom-score-adj", "900", "--",
            "dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1");
        var outer = new LauncherReport(new MemoryStream(Encoding.UTF8.GetBytes(output)));
        Assert.True(outer.TryRead(out _, out ProcessReport around));
        if (around.MemoryLimited != true)
            Assert.Skip("No cgroup can be made here: no permission, or no memory controller.");
        if (around.Signal is not null)
            Assert.Skip("This kernel ends a whole cgroup for want of memory, the inner launcher too.");
        var inner = new LauncherReport(new MemoryStream(Encoding.UTF8.GetBytes(around.StandardOutput)));
        Assert.True(inner.TryRead(out _, out ProcessReport report));
        Assert.Equal(9, report.Signal);
        Assert.True(report.OutOfMemory);
        Assert.Null(report.MemoryLimited);
    }

    [Theory]
    [InlineData("no program is given")]
    [InlineData("wrong value 'soon'", "--timeout", "soon", "--", "true")]
    [InlineData("wrong value '-1'", "--memory", "-1", "--", "true")]
    [InlineData("wrong value '1001'", "--oom-score-adj", "1001", "--", "true")]
    [InlineData("--serve stands alone", "--serve", "true")]
    [InlineData("unrecognized option", "--colour")]
    public void Wrong_usage_is_told_with_exit_code_2(string message, params string[] arguments)
    {
        (int exit, string output, string error) = Launch(arguments);
        Assert.Equal(2, exit);
        Assert.Equal("", output);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_and_version_are_told_on_standard_output()
    {
        Assert.StartsWith("Usage: defrag-launch --serve", Launch("--help").Output, StringComparison.Ordinal);
        Assert.Matches(@"^defrag-launch \d+\.\d+\.\d+\n$", Launch("--version").Output);
    }

    private static readonly int FirstFrame;
    private static readonly byte[] ValidFrames = MakeFrames(out FirstFrame);

    private static byte[] MakeFrames(out int first)
    {
        var frames = new ArrayBufferWriter<byte>();
        // Nothing that damage makes of this name is a program.
        Assert.True(LauncherFrame.TryWriteRun(
            frames, 7, new ProcessSpec { Program = "/nowhere/true", Arguments = ["a"], Timeout = TimeSpan.FromSeconds(1) }));
        first = frames.WrittenCount;
        LauncherFrame.WriteCancel(frames, 7);
        return frames.WrittenSpan.ToArray();
    }

    private static byte[] Run(uint argc, int oom = 0, uint capture = 0)
    {
        var frame = new MemoryStream();
        using var writer = new BinaryWriter(frame);
        writer.Write(37);
        writer.Write((byte)1);
        writer.Write(7UL);
        writer.Write(0);
        writer.Write(0);
        writer.Write(0UL);
        writer.Write(oom);
        writer.Write(capture);
        writer.Write(argc);
        return frame.ToArray();
    }

    private static void AssertOrderly(byte[] input)
    {
        (int exit, string error) = Serve(input);
        Assert.True(exit is 0 or 2, $"exit {exit}: {error}");
        Assert.Equal(exit == 2, error.Length > 0);
    }

    private static (int Exit, string Error) Serve(byte[] input)
    {
        using Process server = Begin("--serve");
        try
        {
            server.StandardInput.BaseStream.Write(input);
            server.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended at the first bad frame.
        }
        (int exit, _, string error) = Finish(server);
        return (exit, error);
    }

    private static (int Exit, string Output, string Error) Launch(params string[] arguments)
    {
        using Process process = Begin(arguments);
        return Finish(process);
    }

    private static Process Begin(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(LauncherProgram.Location, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static (int Exit, string Output, string Error) Finish(Process process)
    {
        // Standard error is a line or two: it never fills its pipe.
        string output = process.StandardOutput.ReadToEnd();
        string error = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(LauncherProgram.Patience), "The launcher did not end.");
        return (process.ExitCode, output, error);
    }
}
