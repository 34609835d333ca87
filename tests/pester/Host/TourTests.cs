using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>docs/tour.md, every block of sh as it stands and in order, in a folder with what a clone has. 81 s on two busy cores.</summary>
public sealed class TourTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private readonly string _folder = Directory.CreateTempSubdirectory("defrag-tour-").FullName;

    public TourTests()
    {
        foreach (string name in new[] { "defrag", "samples" }) File.CreateSymbolicLink(Path.Combine(_folder, name), Repository.In(name));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_command_runs_as_printed_and_tells_the_story()
    {
        if (Run("header=$(python3 -c 'import sysconfig; print(sysconfig.get_path(\"include\"))')/Python.h; [ -f \"$header\" ]").Code != 0)
            Assert.Skip("There is no python3 with what a link needs: apt-get install python3 libpython3-dev.");
        string all = "";
        foreach (string block in Blocks())
        {
            (int code, string output) = Run(block);
            // A comparison that finds differences says so; all else ends well.
            Assert.True(code == (block.Contains("Invoke-DefragCompare", StringComparison.Ordinal) ? 1 : 0), $"{block}\n{code}: {output}");
            all += output;
        }

        // The stock Python stays where it was; ours comes back to less than half of it.
        Assert.Matches(@"Cause +: Fragmentation\n(?s:.*)Cause +: None\n", all);
        MatchCollection ends = Regex.Matches(all, @"Held at the end +: ([\d.]+) MB");
        Assert.Equal(2, ends.Count);
        MatchCollection rested = Regex.Matches(all, @"holds (\d+) MB, two seconds later (\d+) MB");
        Assert.Equal(6, rested.Count); // told to keep its pages, then not
        Assert.All(rested.Take(3), match => Assert.True(Number(match, 2) > Number(match, 1) * 0.9, match.Value));
        Assert.All(rested.Skip(3), match => Assert.True(Number(match, 2) < Number(match, 1) * 0.5, match.Value));
        Assert.Equal(6, Regex.Count(all, @"(?m)^Changed +[012] "));
        foreach (string picture in new[] { "stock/memory.svg", "before.svg", "after.svg", "heap.html", "fixed/memory.svg" })
            Assert.True(File.Exists(Path.Combine(_folder, "artifacts/tour", picture)), picture);
    }

    private static double Number(Match match, int group) => double.Parse(match.Groups[group].Value);

    private static IEnumerable<string> Blocks() =>
        Regex.Matches(File.ReadAllText(Repository.In("docs", "tour.md")), @"^```sh\n((?:(?!```).*\n)*)```$", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value);

    private (int Code, string Output) Run(string text)
    {
        var start = new ProcessStartInfo("sh", ["-eu", "-c", text])
        {
            WorkingDirectory = _folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // Nothing of the user's: no history, no list of Pythons; and the system's python3, which can be linked.
        foreach (string name in new[] { "XDG_STATE_HOME", "XDG_CACHE_HOME" }) start.Environment[name] = Path.Combine(_folder, name);
        start.Environment["PATH"] = "/usr/bin:/bin:" + start.Environment["PATH"];
        start.Environment["DEFRAG_HOST"] = "embedded";
        using Process shell = Process.Start(start)!;
        shell.StandardInput.Close();
        Task<string> output = shell.StandardOutput.ReadToEndAsync(), errors = shell.StandardError.ReadToEndAsync();
        if (!shell.WaitForExit(s_patience))
        {
            shell.Kill(entireProcessTree: true);
            Assert.Fail($"After {s_patience} this was not over: {text}");
        }
        return (shell.ExitCode, output.Result + errors.Result);
    }
}
