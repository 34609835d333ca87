using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>defrag-host as a process: exit codes, streams, signals, words.</summary>
public sealed class HostProcessTests
{
    private const int Sigint = 2;
    private const int Sigterm = 15;

    /// <summary>A host that does not answer by then hangs.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(0, "-c", "1")]
    [InlineData(7, "-c", "exit 7")]
    [InlineData(1, "-c", "throw 'x'")]
    [InlineData(1, "-c", "Get-Command No-Such -ErrorAction Stop")]
    [InlineData(1, "-c", "No-Such")]
    [InlineData(0, "-c", "No-Such; 1")]
    [InlineData(1, "-c", "{")]
    [InlineData(0, "--version")]
    [InlineData(3)]
    [InlineData(3, "--no-such")]
    [InlineData(3, "--")]
    [InlineData(3, "-c", "1", "2")]
    [InlineData(3, "--module", "/no/such.psd1", "-c", "1")]
    [InlineData(3, "--module", "/no/such.psd1", "--", "Test-Word")]
    public void Exit_codes_are_those_of_pwsh_and_3_is_a_bad_call(int code, params string[] arguments) =>
        Assert.Equal(code, Run(arguments).Code);

    [Fact]
    public void Stdout_has_only_output()
    {
        Ended ended = Sample("Write-Everything", "-Verbose", "-InformationAction", "Continue");

        Assert.Equal("the output\n", ended.Output);
        Assert.Equal(
            ["WARNING: a warning", "VERBOSE: a verbose line", "an information", "Write-Everything: an error"],
            ended.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("throw 'some text'", "some text")]
    [InlineData("{", "Missing closing '}'")]
    [InlineData("Get-Command No-Such -ErrorAction Stop", "No-Such")]
    public void An_error_that_ends_a_text_is_on_stderr_only(string text, string says)
    {
        Ended ended = Run("-c", text);

        Assert.Contains(says, ended.Error, StringComparison.Ordinal);
        Assert.Empty(ended.Output);
    }

    [Fact]
    public void Nothing_is_coloured_that_is_no_terminal()
    {
        Ended ended = Sample("Test-Word", "x");

        Assert.DoesNotContain('\x1b', ended.Output);
    }

    [Fact]
    public void Output_is_as_wide_as_COLUMNS_says()
    {
        const string Text = "Get-Command Get-Job, Get-Help";

        Assert.Contains(Run([("COLUMNS", "200")], "-c", Text).Lines, l => l.EndsWith("Microsoft.PowerShell.Core", StringComparison.Ordinal));
        Assert.All(Run([("COLUMNS", "60")], "-c", Text).Lines, l => Assert.True(l.Length <= 60, l));
    }

    [Fact]
    public void A_question_without_a_person_is_an_error_and_does_not_wait()
    {
        Ended ended = Sample("Test-Word", "x", "-Confirm");

        Assert.Equal(1, ended.Code);
        Assert.True(ended.Error.Contains("Cannot ask", StringComparison.Ordinal), ended.ToString());
        Assert.Empty(ended.Output);
    }

    [Fact]
    public void Words_arrive_as_they_were_given()
    {
        string[] words = ["", " ", "a b", "$(exit 9)", "`$x", "'", "\"", "\\", "*", "~", "@{}", "-Force", "--", "é\u4e2d\U0001f600", "line\nline"];
        string given = string.Concat(words.Select(w => $"[{w}]"));

        Ended ended = Run(
            "--module", Repository.SampleModule, "-c",
            $"(Test-Word -Rest @({string.Join(',', words.Select(w => $"'{w.Replace("'", "''", StringComparison.Ordinal)}'"))})).Rest | % {{ \"[$_]\" }}");
        Assert.Equal(given, string.Concat(ended.Output.Split("]\n").SkipLast(1).Select(l => l + "]")));

        // After '--', where no quoting could help; four words, since a view shows no more elements.
        Ended direct = Sample(["Test-Word", "--", .. words[2..6]]);
        Assert.Contains($"Rest    : {{{string.Join(", ", words[2..6])}}}\n", direct.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Sigint, 130)]
    [InlineData(Sigterm, 143)]
    public void A_signal_stops_the_pipeline(int signal, int code)
    {
        using var note = new Note();
        using Process process = Start([], "--module", Repository.SampleModule, "--", "Wait-Forever", note.Path);
        note.WaitFor("waiting");

        Assert.Equal(0, Kill(process.Id, signal));

        Assert.True(process.WaitForExit(s_patience));
        Assert.Equal(code, process.ExitCode);
        Assert.Equal("stopped", note.Text);
    }

    [Fact]
    public void A_second_signal_ends_a_command_that_does_not_stop()
    {
        using var note = new Note();
        using Process process = Start([], "--module", Repository.SampleModule, "--", "Wait-Forever", note.Path, "-Stubborn");
        note.WaitFor("waiting");

        Assert.Equal(0, Kill(process.Id, Sigint));
        Assert.False(process.WaitForExit(TimeSpan.FromMilliseconds(500)));
        Assert.Equal(0, Kill(process.Id, Sigint));

        Assert.True(process.WaitForExit(s_patience));
        Assert.Equal(130, process.ExitCode);
        Assert.Equal("waiting", note.Text);
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    private static Ended Sample(params string[] words) => Run(["--module", Repository.SampleModule, "--", .. words]);

    private static Ended Run(params string[] arguments) => Run([], arguments);

    private static Ended Run((string Name, string Value)[] environment, params string[] arguments)
    {
        using Process process = Start(environment, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Assert.True(process.WaitForExit(s_patience), "The host hangs.");
        return new Ended(process.ExitCode, output.Result, error.Result);
    }

    private static Process Start((string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Repository.Host + ".dll", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private sealed record Ended(int Code, string Output, string Error)
    {
        public string[] Lines => Output.Split('\n');
    }

    /// <summary>A file that the waiting command writes its state to.</summary>
    private sealed class Note : IDisposable
    {
        public string Path { get; } = System.IO.Path.GetTempFileName();

        public string Text => File.ReadAllText(Path);

        public void WaitFor(string text) => Assert.True(SpinWait.SpinUntil(() => Text == text, s_patience), "The command did not start.");

        public void Dispose() => File.Delete(Path);
    }
}
