using System.Runtime.Versioning;
using Defragger.Engines;
using Defragger.Python;
using Defragger.Tests.Engines;
using Xunit;

namespace Defragger.Tests.Python;

[SupportedOSPlatform("linux")]
public sealed class CommandRunnerTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly CommandRunner _runner = new(LauncherProgram.Location);

    public void Dispose()
    {
        _runner.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Words_reach_a_program_as_they_are()
    {
        string program = _folder.Write("a=b c", "#!/bin/sh\nprintf '[%s]' \"$VALUE\" \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string[] words = ["", "x=y", "$HOME", "'", "\"; exit 9", "-u", "two words"];

        ProcessReport report = Capture(new BuildCommand(program, words) { Environment = new Dictionary<string, string> { ["VALUE"] = "v=$x" } });

        Assert.Null(CommandRunner.Failure(report));
        Assert.Equal("[v=$x]" + string.Concat(words.Select(word => $"[{word}]")), report.StandardOutput);
    }

    [Fact]
    public void Settings_of_the_callers_Python_and_allocator_do_not_reach_a_command()
    {
        string[] taken = ["PYTHONPATH", "PYTHONUNBUFFERED", "DEFRAGGER", "DEFRAGGER_PROBE", "LD_PRELOAD", "MAKEFLAGS", "DESTDIR", "LC_ALL"];
        Assert.All(taken, name => Assert.True(CommandRunner.IsTaken(name), name));
        string[] left = ["PATH", "HOME", "CC", "CFLAGS"];
        Assert.All(left, name => Assert.False(CommandRunner.IsTaken(name), name));
        Environment.SetEnvironmentVariable("PYTHON_OF_A_TEST", "x");
        try
        {
            string environment = Capture(new BuildCommand("env", [])).StandardOutput;
            Assert.DoesNotContain("PYTHON_OF_A_TEST", environment, StringComparison.Ordinal);
            Assert.Contains("LC_ALL=C.UTF-8\n", environment, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PYTHON_OF_A_TEST", null);
        }
    }

    [Fact]
    public void A_command_that_is_stopped_ends_with_all_that_it_started()
    {
        string token = LauncherProgram.Token();
        using var stop = new CancellationTokenSource();
        var log = new BuildLog(_folder["log"]);
        var command = new BuildCommand("sh", ["-c", $"sleep {token} & setsid sleep {token} & sleep {token}"]);

        Assert.Throws<OperationCanceledException>(() => _runner.RunLogged(command, log, () =>
        {
            if (LauncherProgram.ProcessesWith(token).Length == 3) stop.Cancel();
        }, stop.Token));

        LauncherProgram.Eventually("Nothing is left.", () => LauncherProgram.ProcessesWith(token).Length == 0);
        // The next one runs as ever.
        Assert.Equal("x\n", Capture(new BuildCommand("echo", ["x"])).StandardOutput);
    }

    [Fact]
    public void A_command_whose_watch_throws_has_ended_when_that_is_heard_of()
    {
        string token = LauncherProgram.Token();
        var command = new BuildCommand("sleep", [token]);

        Assert.Throws<NotSupportedException>(() => _runner.RunLogged(command, new BuildLog(_folder["log"]), () =>
        {
            if (LauncherProgram.ProcessesWith(token).Length > 0) throw new NotSupportedException();
        }, default));

        Assert.Empty(LauncherProgram.ProcessesWith(token));
    }

    [Fact]
    public void A_log_has_the_command_and_all_that_it_printed_in_order()
    {
        var log = new BuildLog(_folder["log"]);

        ProcessReport report = _runner.RunLogged(new BuildCommand("sh", ["-c", "echo one; echo two >&2; echo three; exit 3"]), log, null, default);

        Assert.Equal("it ended with 3", CommandRunner.Failure(report));
        Assert.Equal(["$ sh -c 'echo one; echo two >&2; echo three; exit 3'", "one", "two", "three"], File.ReadAllLines(log.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(log.Path));
    }

    [Fact]
    public void A_program_that_is_not_there_is_a_failure() =>
        Assert.Equal("it ended with 127", CommandRunner.Failure(Capture(new BuildCommand("no-such-program", []))));

    [Theory]
    [InlineData("main.c:3:1: error: expected ';'")]
    [InlineData("main.c:3:10: fatal error: Python.h: No such file or directory")]
    [InlineData("ld: x.o: undefined reference to `deflate'")]
    [InlineData("ld: cannot find -lz: No such file or directory")]
    [InlineData("configure: error: no acceptable C compiler found in $PATH")]
    [InlineData("make: *** [Makefile:10: all] Error 2")]
    [InlineData("ModuleNotFoundError: No module named 'x'")]
    public void The_first_error_of_a_log_is_found(string line)
    {
        var log = new BuildLog(_folder["log"]);
        log.Write(new BuildCommand("cc", ["error: in a command"]));
        log.Write("checking for error handling... yes");
        log.Write(line);
        for (int number = 0; number < 100; number++) log.Write($"error: {number}");

        (string? first, IReadOnlyList<string> tail) = log.ReadFailure();

        Assert.Equal(line, first);
        Assert.Equal(Enumerable.Range(60, 40).Select(number => $"error: {number}"), tail);
    }

    private ProcessReport Capture(BuildCommand command) => _runner.Capture(command, LauncherProgram.Patience, default);
}
