using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>Build-DefragPython as a process: what it prints when it is only asked, and what is left when it is ended.</summary>
public sealed class BuildPythonProcessTests : IDisposable
{
    private const int Sigint = 2, Sigkill = 9;
    private const UnixFileMode Runs = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("defrag-build-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void WhatIf_prints_every_command_and_writes_nothing()
    {
        Write("include/Python.h", "");
        Write("lib/libpython3.12.a", "");
        string python = Write("python", $$$"""
            #!/bin/sh
            echo '{"implementation":"cpython","version":"3.12.1","major":3,"minor":12,"executable":"/bin/sh","prefix":"/usr","configuredPrefix":"/usr","includes":["{{{_root}}}/include"],"isOurs":false,"freeThreaded":false,"words":{"LIBS":"-ldl"},"names":{"LIBPL":"{{{_root}}}/lib","LIBRARY":"libpython3.12.a","LIBDIR":"/no","LDLIBRARY":"no.so"}}'
            """);
        using Process run = Start("-FromInstalled", python, "-Destination", In("made"), "-WhatIf");

        string output = run.StandardOutput.ReadToEnd(), error = run.StandardError.ReadToEnd();

        Assert.True(run.WaitForExit(s_patience));
        if (error.Contains("a C compiler", StringComparison.Ordinal)) Assert.Skip(error);
        Assert.True(run.ExitCode == 0, error);
        string[] lines = [.. output.Split('\n').Where(line => line.StartsWith("What if: Run: ", StringComparison.Ordinal))];
        Assert.Equal(["domains.c", "main.c", "module.c", "recording.c", "statistics.c"],
            lines[..^1].Select(line => Path.GetFileName(line.Split(' ').Single(word => word.EndsWith(".c", StringComparison.Ordinal)))));
        Assert.Contains($"-Wl,--whole-archive {_root}/lib/libpython3.12.a -Wl,--no-whole-archive -ldl", lines[^1], StringComparison.Ordinal);
        Assert.Contains($"place it in '{In("made")}'", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("made")));
        Assert.False(Directory.Exists(In("cache/defragger")));
    }

    [Theory]
    [InlineData(Sigint, 130)]
    [InlineData(Sigkill, 137)]
    public void A_build_that_is_ended_by_a_signal_leaves_no_process_and_no_entry(int signal, int code)
    {
        // A number of seconds that no other process sleeps.
        string token = $"9{Environment.ProcessId}.{signal}";
        Write("source/Include/patchlevel.h", "#define PY_VERSION \"3.12.1\"\n");
        Write("source/Makefile.pre.in", "");
        Write("source/configure", $"#!/bin/sh\nsetsid sleep {token} > /dev/null 2>&1 &\ntrap '' TERM INT\nsleep {token}\n");
        using Process run = Start("-Source", In("source"), "-Destination", In("made"));
        bool runs = SpinWait.SpinUntil(() => run.HasExited || Sleepers(token) == 2, s_patience);
        if (run.HasExited && run.StandardError.ReadToEnd() is { } error)
        {
            if (error.Contains("Needed for the build", StringComparison.Ordinal)) Assert.Skip(error);
            Assert.Fail(error);
        }
        Assert.True(runs, "The build did not come to configure.");

        Assert.Equal(0, Kill(run.Id, signal));

        Assert.True(run.WaitForExit(s_patience), "The build goes on.");
        Assert.Equal(code, run.ExitCode);
        Assert.True(SpinWait.SpinUntil(() => Sleepers(token) == 0, s_patience), "Left behind.");
        Assert.False(Directory.Exists(In("made")));
        Assert.False(Directory.Exists(In("cache/defragger/python/entries")));
        if (signal == Sigint) Assert.Empty(Directory.GetDirectories(In("cache/defragger/python/work")));
    }

    private static int Sleepers(string token) => Directory.EnumerateDirectories("/proc").Count(process =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0') is ["sleep", var time, ..] && time == token;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });

    private Process Start(params string[] words)
    {
        var start = new ProcessStartInfo(Repository.In("defrag"), ["Build-DefragPython", .. words])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DEFRAG_HOST"] = "embedded";
        start.Environment["XDG_CACHE_HOME"] = In("cache");
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private string Write(string name, string text)
    {
        string path = In(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, Runs);
        return path;
    }

    private string In(string name) => Path.Combine(_root, name);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
