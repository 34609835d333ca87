using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>Every test of tests/buildbot/test_compare_step.py as one case. They share a master and a worker, so the file
/// runs once, as a whole.</summary>
public sealed class BuildbotTests(BuildbotTests.Run run) : IClassFixture<BuildbotTests.Run>
{
    private static readonly string s_file = Repository.In("tests", "buildbot", "test_compare_step.py");

    public static IEnumerable<TheoryDataRow<string>> Names() =>
        Regex.Matches(File.ReadAllText(s_file), @"^    def (test_\w+)\(", RegexOptions.Multiline)
            .Select(m => m.Groups[1].Value)
            .Select(name => new TheoryDataRow<string>(name) { TestDisplayName = $"Buildbot: {name["test_".Length..].Replace('_', ' ')}" });

    [Theory]
    [MemberData(nameof(Names))]
    public void Compare_step(string name)
    {
        if (run.Missing is not null) Assert.Skip(run.Missing);
        Match line = Regex.Match(run.Output, $@"^{name} .*\.\.\. (ok|skipped '(.*)')$", RegexOptions.Multiline);
        Assert.True(line.Success, run.Output);
        if (line.Groups[2].Success) Assert.Skip(line.Groups[2].Value);
    }

    /// <summary>The file's one run; both of its daemons are ended with it.</summary>
    public sealed class Run
    {
        public string? Missing { get; }

        public string Output { get; } = "";

        public Run()
        {
            string[] places = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
            if (!places.Any(place => File.Exists(Path.Combine(place, "python3"))))
            {
                Missing = "There is no python3 on the PATH.";
                return;
            }
            var start = new ProcessStartInfo("python3", ["-B", s_file, "-v"]) { RedirectStandardError = true };
            using Process python = Process.Start(start)!;
            Output = python.StandardError.ReadToEnd();
            python.WaitForExit();
        }
    }
}
