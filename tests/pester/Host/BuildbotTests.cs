using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>samples/buildbot with a real master and worker, both ended with the tests.</summary>
public sealed class BuildbotTests(BuildbotTests.Run run) : IClassFixture<BuildbotTests.Run>
{
    private static readonly string s_file = Repository.In("tests", "buildbot", "test_compare_step.py");

    public static IEnumerable<TheoryDataRow<string>> Names() => UnittestFile.Names(s_file, "Buildbot");

    [Theory]
    [MemberData(nameof(Names))]
    public void Compare_step(string name) => run.File.Check(name);

    /// <summary>The file's one run.</summary>
    public sealed class Run
    {
        internal UnittestFile File { get; } = new(s_file);
    }
}
