using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>Every block of sh in docs/ci.md, run as it stands there over two folders that differ in one case.</summary>
public sealed class CiGuideTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("defrag-ci-").FullName;

    public CiGuideTests()
    {
        foreach (string side in new[] { "base", "cand" })
        {
            string folder = Directory.CreateDirectory(Path.Combine(_folder, side)).FullName;
            File.WriteAllText(Path.Combine(folder, "same.txt"), "same\n");
            File.WriteAllText(Path.Combine(folder, "changed.txt"), side + "\n");
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The headings above the blocks; the text of a block would be no name for a test.</summary>
    public static TheoryData<string> Headings() => new(Blocks().Keys);

    [Theory]
    [MemberData(nameof(Headings))]
    public void A_block_ends_without_an_error(string heading)
    {
        (int code, string output) = Run(Blocks()[heading]);

        Assert.True(code == 0, $"{code}: {output}");
        if (heading == "What to keep") Assert.Matches(@"(?m)^Changed changed\.txt", output);
        if (heading == "cron") Assert.Contains("2 cases in", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The result")]
    [InlineData("cron")]
    public void What_cannot_be_compared_is_an_error_of_the_block(string heading)
    {
        File.WriteAllText(Path.Combine(_folder, "base", "broken.json"), "{");
        File.WriteAllText(Path.Combine(_folder, "cand", "broken.json"), "{}");

        Assert.Equal(2, Run(Blocks()[heading]).Code);
    }

    private static Dictionary<string, string> Blocks() =>
        Regex.Matches(
                File.ReadAllText(Repository.In("docs", "ci.md")),
                @"^\#\# (?<heading>.+)\n(?:(?!\#\# ).*\n)*?```sh\n(?<text>(?:(?!```).*\n)*)```$", RegexOptions.Multiline)
            .ToDictionary(m => m.Groups["heading"].Value, m => m.Groups["text"].Value);

    private (int Code, string Output) Run(string text)
    {
        var start = new ProcessStartInfo("sh", ["-eu", "-c", text])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DEFRAGGER"] = Repository.Root;
        using Process shell = Process.Start(start)!;
        Task<string> errors = shell.StandardError.ReadToEndAsync();
        string output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return (shell.ExitCode, output + errors.Result);
    }
}
