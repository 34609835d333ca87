using System.Collections.Concurrent;
using Defragger.Tests.Pester.StandIn;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>Every It of tests/pester/*.Tests.ps1 as one case, where there is no Pester to run them.</summary>
public sealed class Specs(ITestOutputHelper output)
{
    private static readonly ConcurrentDictionary<string, Lazy<SpecFile>> s_runs = new();

    /// <summary>Words of which a case's name must have one; ./defrag test WORD... sets them.</summary>
    private static readonly string[] s_filter = (Environment.GetEnvironmentVariable("DEFRAG_TEST_FILTER") ?? "")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public static IEnumerable<TheoryDataRow<string, int>> Cases()
    {
        foreach (string path in Directory.EnumerateFiles(Repository.Specs, "*.Tests.ps1").Order(StringComparer.Ordinal))
        {
            string file = Path.GetFileName(path);
            SpecFile found = SpecFile.Discover(path);
            if (found.Error is not null)
                yield return new(file, -1) { TestDisplayName = $"{file}: discovery" };
            for (int i = 0; i < found.Tests.Count; i++)
            {
                string name = $"{file}: {found.Tests[i].FullName}";
                if (s_filter.Length == 0 || s_filter.Any(w => name.Contains(w, StringComparison.OrdinalIgnoreCase)))
                    yield return new(file, i) { TestDisplayName = name };
            }
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Spec(string file, int number)
    {
        output.WriteLine(SpecFile.Notice);

        // The file runs once, as a whole: BeforeAll, scopes and order are the file's, not a single test's.
        SpecFile run = s_runs.GetOrAdd(file, f => new(() => SpecFile.Run(Path.Combine(Repository.Specs, f)))).Value;
        Assert.True(run.Error is null, run.Error);
        Assert.True(number >= 0 && number < run.Tests.Count, "Discovery found other tests than the run.");
        Test test = run.Tests[number];
        switch (test.Outcome)
        {
            case Outcome.Passed:
                break;
            case Outcome.Skipped:
                Assert.Skip(test.Message);
                break;
            case Outcome.Failed:
                Assert.Fail($"{test.Message}{Environment.NewLine}({SpecFile.Notice})");
                break;
            default:
                Assert.Fail("The test was discovered and did not run.");
                break;
        }
    }
}
