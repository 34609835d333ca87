using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Defragger.Tests.Comparers;

/// <summary>The published executable as its callers see it: arguments, one JSON line, messages, exit codes.</summary>
public sealed class ComparerProcessTests
{
    private const string Build = "dotnet publish lib/Defragger.Comparer -c Release -o artifacts/comparer";

    [Fact]
    public void Same_files_print_one_line_and_exit_with_0()
    {
        using CaseFiles files = new("a\nb\n", "a\nb\n");
        (int code, string output, string error) = Run(files.BaselinePath, files.CandidatePath);
        Assert.Equal("{\"status\":\"same\",\"format\":\"text\",\"reason\":\"byte for byte equal\"}\n", output);
        Assert.Equal((0, ""), (code, error));
    }

    [Fact]
    public void Changed_files_print_their_counts_and_exit_with_1()
    {
        using CaseFiles files = new("a\nb\n", "a\nc\nd\n");
        (int code, string output, string error) = Run(files.BaselinePath, files.CandidatePath);
        Assert.Equal((1, ""), (code, error));
        using JsonDocument line = JsonDocument.Parse(output);
        Assert.Equal("changed", line.RootElement.GetProperty("status").GetString());
        Assert.Equal(1, line.RootElement.GetProperty("new").GetInt64());
        Assert.Equal(1, line.RootElement.GetProperty("updated").GetInt64());
        Assert.Equal(0, line.RootElement.GetProperty("absent").GetInt64());
        Assert.Equal(1, line.RootElement.GetProperty("unchanged").GetInt64());
        Assert.Equal(1, output.Count(c => c == '\n'));
    }

    [Theory]
    [InlineData("json", "{\"a\":1,\"b\":2}", "{\"b\":2, \"a\":1}", 0)]
    [InlineData("jsonlines", "{\"a\":1}\n", "{\"a\": 1}\n", 0)]
    [InlineData("csv", "a,b\n1,2\n", "a,b\n\"1\",2\n", 0)]
    [InlineData("sarif", "{\"version\":\"2.1.0\",\"runs\":[]}", "{\"runs\":[], \"version\":\"2.1.0\"}", 0)]
    [InlineData("text", "a", "b", 1)]
    [InlineData("binary", "a", "b", 1)]
    public void Every_format_can_be_asked_for(string format, string baseline, string candidate, int code)
    {
        using CaseFiles files = new(baseline, candidate);
        (int exit, string output, string error) = Run("--format", format, files.BaselinePath, files.CandidatePath);
        Assert.Equal((code, ""), (exit, error));
        Assert.Contains($"\"format\":\"{format}\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_further_baseline_makes_noise_of_what_it_differs_in_and_differences_are_told()
    {
        using CaseFiles files = new("{\"t\":1}", "{\"t\":9}", ".json");
        string further = files.BaselinePath + ".2";
        File.WriteAllText(further, "{\"t\":2}");
        (int code, string output, string error) = Run("--baseline2", further, files.BaselinePath, files.CandidatePath);
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            "{\"status\":\"ignored\",\"format\":\"json\",\"new\":0,\"absent\":0,\"updated\":0,\"unchanged\":0,\"moved\":0,\"ignored\":0,"
            + "\"noise\":1,\"differences\":[{\"kind\":\"noise\",\"place\":\"t\",\"before\":\"1\",\"after\":\"9\"}],"
            + "\"reason\":\"1 noise of 1 values\"}\n",
            output);
        Assert.DoesNotContain("differences", Run("--max-difference", "0", files.BaselinePath, files.CandidatePath).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_compared_is_said_in_one_line_on_standard_error_with_exit_code_2()
    {
        using CaseFiles files = new("[1]", "[1,", ".json");
        (int code, string output, string error) = Run(files.BaselinePath, files.CandidatePath);
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith($"defrag-comparer: {files.CandidatePath}: not valid JSON at byte 2 (line 1): ", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
        Assert.Equal(2, Run(files.BaselinePath, files.CandidatePath + ".none").Code);
    }

    [Theory]
    [InlineData("two files are compared, and 0 were given")]
    [InlineData("two files are compared, and 3 were given", "a", "b", "c")]
    [InlineData("there is no option '--what'", "--what", "a", "b")]
    [InlineData("there is no option '--formats'", "--formats", "a", "b")]
    [InlineData("--format needs a name", "a", "b", "--format")]
    [InlineData("there is no format 'yaml'", "--format", "yaml", "a", "b")]
    [InlineData("--baseline2 needs a value", "a", "b", "--baseline2")]
    [InlineData("--max-difference is a number from 0 to 1000, not '1001'", "--max-difference", "1001", "a", "b")]
    [InlineData("--max-difference is a number from 0 to 1000, not '-1'", "--max-difference", "-1", "a", "b")]
    public void Wrong_usage_is_exit_code_3_and_points_to_the_help(string problem, params string[] arguments)
    {
        (int code, string output, string error) = Run(arguments);
        Assert.Equal((3, ""), (code, output));
        Assert.StartsWith($"defrag-comparer: {problem}", error, StringComparison.Ordinal);
        Assert.EndsWith("try --help\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_and_version_exit_with_0_and_a_file_may_be_called_like_an_option()
    {
        Assert.StartsWith("Usage: defrag-comparer", Run("--help").Output, StringComparison.Ordinal);
        Assert.Matches("^defrag-comparer [0-9]+\\.[0-9]+\\.[0-9]+", Run("--version").Output);
        Assert.Contains("--help: no such file", Run("--", "--help", "x").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_that_cannot_be_written_is_not_passed_off_as_one()
    {
        if (!File.Exists("/dev/full"))
            return;
        using CaseFiles files = new("a", "a");
        string[] script = ["-c", "\"$0\" \"$1\" \"$2\" > /dev/full", Executable(), files.BaselinePath, files.CandidatePath];
        (int code, _, string error) = RunProgram("/bin/sh", script);
        Assert.Equal((2, "defrag-comparer: standard output cannot be written\n"), (code, error));
    }

    [Fact]
    public void Results_and_errors_of_several_runs_into_one_file_stand_one_after_another()
    {
        if (OperatingSystem.IsWindows())
            return;
        using CaseFiles files = new("a", "b");
        string log = files.BaselinePath + ".log";
        string[] script = ["-c", "{ \"$0\" \"$1\" \"$2\"; \"$0\" \"$1\" none; echo end; } > \"$3\" 2>&1", Executable(), files.BaselinePath, files.CandidatePath, log];
        Assert.Equal(0, RunProgram("/bin/sh", script).Code);
        string[] lines = File.ReadAllLines(log);
        Assert.StartsWith("{\"status\":\"changed\"", lines[0], StringComparison.Ordinal);
        Assert.Equal(["defrag-comparer: none: no such file", "end"], lines[1..]);
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments) => RunProgram(Executable(), arguments);

    private static (int Code, string Output, string Error) RunProgram(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private static string Executable()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Defragger.slnx")))
                continue;
            string name = OperatingSystem.IsWindows() ? "defrag-comparer.exe" : "defrag-comparer";
            string path = Path.Combine(folder.FullName, "artifacts", "comparer", name);
            Assert.True(File.Exists(path), $"{path} is missing; build it with: {Build}");
            return path;
        }

        throw new InvalidOperationException("no Defragger.slnx above " + AppContext.BaseDirectory);
    }
}
