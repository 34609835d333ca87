using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Defragger.Engines;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;
using static Defragger.Tests.Engines.LauncherProgram;

namespace Defragger.Tests.Engines;

/// <summary>What a case finds around it, and what its report says.</summary>
[SupportedOSPlatform("linux")]
public class NativeLauncherTests(LauncherFixture fixture) : IClassFixture<LauncherFixture>
{
    private readonly NativeLauncher _launcher = fixture.Launcher;

    [Fact]
    public void Every_exit_code_is_reported()
    {
        for (int code = 0; code < 256; code++)
        {
            ProcessReport report = _launcher.Run(Shell($"exit {code}"), id: code);
            Assert.Equal(code, report.ExitCode);
            Assert.Null(report.Signal);
            Assert.Null(report.StartError);
        }
    }

    [Theory]
    [InlineData("KILL", 9)]
    [InlineData("SEGV", 11)]
    [InlineData("TERM", 15)]
    [InlineData("PIPE", 13)]
    public void A_signal_is_reported_as_such(string name, int number)
    {
        ProcessReport report = _launcher.Run(Shell($"kill -{name} $$"));
        Assert.Equal(number, report.Signal);
        Assert.Null(report.ExitCode);
        // Nothing of OutOfMemory: a KILL while another test runs out of memory may well be taken for the kernel's.
        Assert.False(report.TimedOut || report.Cancelled);
    }

    [Property(MaxTest = 100)]
    public Property Arguments_arrive_unchanged()
    {
        Gen<string> text = Gen.OneOf(
            Gen.Elements("", " ", "\n", "'", "\"", "\\", "$HOME", "*", "-n", "%s", "é€😀", "\u0001"),
            Gen.ListOf(Gen.Choose(1, 0xD7FF).Select(code => (char)code)).Select(string.Concat));
        return Prop.ForAll(Arb.From(Gen.ListOf(text)), arguments =>
        {
            // One more, as printf uses its format even without any.
            ProcessReport report = _launcher.Run(
                new ProcessSpec { Program = "printf", Arguments = [@"%s\0", .. arguments, "last"] });
            Assert.Equal([.. arguments, "last", ""], report.StandardOutput.Split('\0'));
        });
    }

    [Fact]
    public void A_program_that_is_missing_is_a_report_with_its_name()
    {
        const string Name = "no\nsuch \"program\" é\u0001";
        ProcessReport report = _launcher.Run(new ProcessSpec { Program = Name });
        Assert.Equal($"cannot start '{Name}': No such file or directory", report.StartError);
        Assert.Null(report.ExitCode);
        Assert.Null(report.Signal);
        Assert.Equal(PeakSource.None, report.PeakSource);
    }

    [Theory]
    [InlineData("", "No such file or directory")]
    [InlineData("/", "Permission denied")]
    [InlineData("/etc/passwd", "Permission denied")]
    public void A_program_that_is_none_is_a_report_with_the_reason(string program, string reason) =>
        Assert.Equal($"cannot start '{program}': {reason}", _launcher.Run(new ProcessSpec { Program = program }).StartError);

    [Fact]
    public void A_file_that_is_no_program_is_not_handed_to_a_shell()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "echo hello");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        ProcessReport report = _launcher.Run(new ProcessSpec { Program = path });
        File.Delete(path);
        Assert.Equal($"cannot start '{path}': Exec format error", report.StartError);
    }

    [Fact]
    public void A_directory_that_is_missing_is_a_report_with_its_name() => Assert.Equal(
        "cannot start 'true' in '/no/where': No such file or directory",
        _launcher.Run(new ProcessSpec { Program = "true", WorkingDirectory = "/no/where" }).StartError);

    [Fact]
    public void A_case_starts_in_its_directory() =>
        Assert.Equal("/usr\n", _launcher.Run(Shell("pwd") with { WorkingDirectory = "/usr" }).StandardOutput);

    [Fact]
    public void Arguments_beyond_all_bounds_are_a_report()
    {
        foreach (int length in new[] { 3 << 20, 5 << 20 })
        {
            ProcessReport report = _launcher.Run(new ProcessSpec { Program = "true", Arguments = [new string('a', length)] });
            Assert.Equal("cannot start 'true': Argument list too long", report.StartError);
        }
        Assert.Equal(0, _launcher.Run(new ProcessSpec { Program = "true" }).ExitCode);
    }

    [Fact]
    public void Standard_input_is_empty()
    {
        ProcessReport report = _launcher.Run(new ProcessSpec { Program = "cat" });
        Assert.Equal(0, report.ExitCode);
        Assert.Equal("", report.StandardOutput);
    }

    [Fact]
    public void A_case_has_three_descriptors() =>
        Assert.Equal("0\n1\n2\n", _launcher.Run(Shell("ls /proc/$$/fd; :")).StandardOutput);

    [Fact]
    public void A_case_has_default_signals_and_an_empty_mask()
    {
        string status = _launcher.Run(new ProcessSpec { Program = "cat", Arguments = ["/proc/self/status"] }).StandardOutput;
        Assert.Contains("SigIgn:\t0000000000000000\n", status, StringComparison.Ordinal);
        Assert.Contains("SigBlk:\t0000000000000000\n", status, StringComparison.Ordinal);
    }

    [Fact]
    public void A_case_leads_its_own_session()
    {
        // pid (name) state parent group session
        string[] stat = _launcher.Run(new ProcessSpec { Program = "cat", Arguments = ["/proc/self/stat"] })
            .StandardOutput.Split(' ');
        Assert.Equal(stat[0], stat[4]);
        Assert.Equal(stat[0], stat[5]);
    }

    [Fact]
    public void The_preference_of_the_out_of_memory_killer_is_the_case_s() => Assert.Equal(
        "321\n", _launcher.Run(Shell("cat /proc/self/oom_score_adj") with { OomScoreAdjust = 321 }).StandardOutput);

    [Fact]
    public void Both_streams_are_kept_apart_and_counted()
    {
        ProcessReport report = _launcher.Run(Shell("printf out; printf errors >&2; printf '\\377'"));
        Assert.Equal("out\uFFFD", report.StandardOutput);
        Assert.Equal("errors", report.StandardError);
        Assert.Equal(4, report.StandardOutputLength);
        Assert.Equal(6, report.StandardErrorLength);
    }

    [Property(MaxTest = 60)]
    public Property The_beginning_and_the_end_of_the_output_are_kept() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, 2000)), Arb.From(Gen.Choose(0, 3000)), (limit, length) =>
        {
            string all = string.Concat(Enumerable.Range(0, length).Select(i => (char)('!' + (i % 90))));
            ProcessReport report = _launcher.Run(
                new ProcessSpec { Program = "printf", Arguments = ["%s", all], CaptureLimit = limit });
            int left = length - limit, tail = limit / 2;
            string expected = left <= 0 ? all : limit == 0 ? "" : string.Create(
                CultureInfo.InvariantCulture, $"{all[..(limit - tail)]}\n[... {left} bytes left out ...]\n{all[^tail..]}");
            Assert.Equal(expected, report.StandardOutput);
            Assert.Equal(length, report.StandardOutputLength);
        });

    [Fact]
    public void A_gigabyte_of_output_is_counted_and_takes_no_memory()
    {
        ProcessReport report = _launcher.Run(
            Shell("echo first; head -c 1000000000 /dev/zero; echo last") with { CaptureLimit = 1000 });
        Assert.Equal(1_000_000_011, report.StandardOutputLength);
        Assert.StartsWith("first\n", report.StandardOutput, StringComparison.Ordinal);
        Assert.EndsWith("last\n", report.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("\n[... 999999011 bytes left out ...]\n", report.StandardOutput, StringComparison.Ordinal);
        Assert.InRange(report.StandardOutput.Length, 1000, 1100);
    }

    [Fact]
    public void A_large_capture_comes_whole()
    {
        ProcessReport report = _launcher.Run(
            new ProcessSpec { Program = "seq", Arguments = ["1", "1000000"], CaptureLimit = 8 << 20 });
        var expected = new StringBuilder();
        for (int i = 1; i <= 1_000_000; i++)
            expected.Append(i).Append('\n');
        Assert.Equal(expected.ToString(), report.StandardOutput);
    }

    [Fact]
    public void A_case_that_ignores_the_time_limit_is_killed()
    {
        string token = Token();
        ProcessReport report = _launcher.Run(Shell($"trap '' TERM; while :; do sleep {token}; done") with
        {
            Timeout = TimeSpan.FromSeconds(2),
            GracePeriod = TimeSpan.FromMilliseconds(50),
        });
        Assert.True(report.TimedOut);
        Assert.Equal(9, report.Signal);
        Assert.False(report.OutOfMemory || report.Cancelled);
        Assert.Empty(ProcessesWith(token));
    }

    [Fact]
    public void A_case_may_end_well_within_the_grace_period()
    {
        string token = Token();
        ProcessReport report = _launcher.Run(Shell($"trap 'echo bye; exit 5' TERM; sleep {token} & wait") with
        {
            Timeout = TimeSpan.FromSeconds(2),
            GracePeriod = Patience,
        });
        Assert.True(report.TimedOut);
        Assert.Equal(5, report.ExitCode);
        Assert.Equal("bye\n", report.StandardOutput);
    }

    [Fact]
    public void A_stopped_case_is_ended_too()
    {
        ProcessReport report = _launcher.Run(
            Shell("kill -STOP $$") with { Timeout = TimeSpan.FromMilliseconds(500), GracePeriod = Patience });
        Assert.True(report.TimedOut);
        Assert.Equal(15, report.Signal);
    }

    [Fact]
    public void Daemons_of_a_case_end_with_it()
    {
        string token = Token();
        // Orphaned in other sessions, deaf to signals, holding the pipes open.
        ProcessReport report = _launcher.Run(Shell(
            $"""
            setsid sh -c 'trap "" TERM HUP; sleep {token} & setsid sleep {token} &'
            until [ "$(pgrep -fxc "sleep {token}")" = 2 ]; do :; done
            exit 6
            """));
        Assert.Equal(6, report.ExitCode);
        Assert.Equal(2, report.Strays);
        Assert.Empty(ProcessesWith(token));
    }

    [Fact]
    public void Hundreds_of_daemons_end_too()
    {
        string token = Token();
        ProcessReport report = _launcher.Run(Shell(
            $"i=0; while [ $i -lt 600 ]; do setsid sleep {token} & i=$((i+1)); done; exit 0"));
        Assert.Equal(0, report.ExitCode);
        Assert.Equal(600, report.Strays);
        Assert.Empty(ProcessesWith(token));
    }

    [Fact]
    public void A_cancelled_case_and_its_daemons_end_at_once()
    {
        string token = Token();
        using var running = new RunningCase(
            _launcher, 1, Shell($"trap '' TERM; setsid sleep {token} & sleep {token}"));
        Eventually("Both processes run.", () => ProcessesWith(token).Length == 2);
        _launcher.Cancel(1);
        ProcessReport report = running.Report;
        Assert.True(report.Cancelled);
        Assert.Equal(9, report.Signal);
        Assert.False(report.OutOfMemory || report.TimedOut);
        Assert.Empty(ProcessesWith(token));
    }

    [Fact]
    public void Cancelling_what_does_not_run_does_nothing()
    {
        _launcher.Cancel(12345);
        Assert.Equal(0, _launcher.Run(new ProcessSpec { Program = "true" }, 12345).ExitCode);
        _launcher.Cancel(12345);
    }

    [Fact]
    public void An_id_in_use_is_refused()
    {
        using var running = new RunningCase(_launcher, -1, new ProcessSpec { Program = "sleep", Arguments = [Token()] });
        Assert.Throws<ArgumentException>(() => _launcher.Run(new ProcessSpec { Program = "true" }, -1));
        Assert.False(running.HasEnded);
    }

    [Fact]
    public void Five_hundred_cases_run_at_once()
    {
        string token = Token();
        var cases = new List<RunningCase>();
        for (int i = 0; i < 500; i++)
            cases.Add(new RunningCase(_launcher, i, Shell($"echo {i}; exec sleep {token}")));
        Eventually("All cases run.", () => ProcessesWith(token).Length == cases.Count);
        for (int i = 0; i < cases.Count; i++)
            _launcher.Cancel(i);
        for (int i = 0; i < cases.Count; i++)
        {
            ProcessReport report = cases[i].Report;
            Assert.True(report.Cancelled);
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture) + "\n", report.StandardOutput);
        }
        Assert.Empty(ProcessesWith(token));
    }

    [Fact]
    public void Large_cases_may_be_started_from_the_thread_that_reports()
    {
        // Requests and reports beyond what two pipes hold: whoever waits for the other to read would wait forever.
        const int Cases = 60;
        string[] arguments = ["-c", "head -c 300000 /dev/zero", .. Enumerable.Repeat(new string('a', 100_000), 5)];
        var spec = new ProcessSpec { Program = "/bin/sh", Arguments = arguments, CaptureLimit = 1 << 20 };
        using var ended = new CountdownEvent(Cases);
        int started = 0, complete = 0;
        void Next()
        {
            if (Interlocked.Increment(ref started) is var id && id <= Cases)
                _launcher.Start(id, spec, Ended);
        }
        void Ended(long id, ProcessReport report)
        {
            complete += report.StandardOutput.Length == 300_000 ? 1 : 0;
            Next();
            ended.Signal();
        }
        for (int i = 0; i < 8; i++)
            Next();
        Assert.True(ended.Wait(Patience, TestContext.Current.CancellationToken), $"{ended.CurrentCount} cases hang.");
        Assert.Equal(Cases, complete);
    }

    [Fact]
    public void Times_are_reported()
    {
        ProcessReport report = _launcher.Run(Shell("i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done"));
        Assert.True(report.Duration > TimeSpan.Zero);
        Assert.True(report.UserTime + report.SystemTime > TimeSpan.Zero);
        Assert.True(report.UserTime + report.SystemTime <= report.Duration + TimeSpan.FromMilliseconds(50));
    }
}
