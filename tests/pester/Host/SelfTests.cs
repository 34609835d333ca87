using Defragger.Tests.Pester.StandIn;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>
/// Tests of the stand-in. *.SelfTest.ps1 hold in Pester 5 as well: run them there, and each test ends as its first word
/// says. Their names keep them from Invoke-Pester's own search, since many of them must fail.
/// </summary>
public sealed class SelfTests
{
    public static TheoryData<string> SelfTestFiles { get; } = new("Blocks.SelfTest.ps1", "Should.SelfTest.ps1", "AfterAll.StandInOnly.ps1");

    [Theory]
    [MemberData(nameof(SelfTestFiles))]
    public void Every_test_ends_as_its_name_says(string file)
    {
        SpecFile run = Run(file);

        Assert.Null(run.Error);
        Assert.NotEmpty(run.Tests);
        string[] wrong =
        [
            .. run.Tests.Where(t => t.Outcome != Expected(t.Name)).Select(t => $"{t.Outcome}: {t.FullName}: {t.Message}"),
        ];
        Assert.True(wrong.Length == 0, string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public void What_is_not_known_fails_and_says_so()
    {
        SpecFile run = Run("Unknown.StandInOnly.ps1");

        Assert.Equal(6, run.Tests.Count);
        Assert.All(run.Tests, t =>
        {
            Assert.Equal(Outcome.Failed, t.Outcome);
            Assert.Contains("does not know this", t.Message, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("Parse.StandInOnly.ps1", "Missing closing '}'")]
    [InlineData("Discovery.StandInOnly.ps1", "NoSuchParameter")]
    public void A_file_that_cannot_be_discovered_is_an_error(string file, string because)
    {
        SpecFile found = SpecFile.Discover(Path.Combine(Repository.SelfTests, file));

        Assert.Contains(because, found.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_filled_from_the_data()
    {
        string[] names =
            [.. Discover("Blocks.SelfTest.ps1").Where(t => t.FullName.StartsWith("data >", StringComparison.Ordinal)).Select(t => t.FullName)];

        Assert.Contains("data > passes: one has first", names);
        Assert.Contains("data > passes: plain 3", names);
        Assert.Contains("data > block y > passes: both data 1", names);
    }

    [Fact]
    public void Discovery_runs_no_test() => Assert.All(Discover("Blocks.SelfTest.ps1"), t => Assert.Equal(Outcome.NotRun, t.Outcome));

    [Fact]
    public void A_failure_says_what_was_expected_why_and_where()
    {
        Test test = Run("Should.SelfTest.ps1").Tests.Single(t => t.Name.Contains("of a reason", StringComparison.Ordinal));

        Assert.Contains("Expected 2, because of a reason, but got 1.", test.Message, StringComparison.Ordinal);
        Assert.Contains("Should.SelfTest.ps1:", test.Message, StringComparison.Ordinal);
    }

    private static SpecFile Run(string file) => SpecFile.Run(Path.Combine(Repository.SelfTests, file));

    private static IReadOnlyList<Test> Discover(string file) =>
        SpecFile.Discover(Path.Combine(Repository.SelfTests, file)).Tests;

    private static Outcome Expected(string name) => name.Split(':')[0] switch
    {
        "passes" => Outcome.Passed,
        "fails" => Outcome.Failed,
        "skips" => Outcome.Skipped,
        _ => throw new ArgumentException($"'{name}' does not say how it ends."),
    };
}
