using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>Invoke-DefragCompare -Engine Slurm on a real cluster on loopback, ended with the tests.</summary>
public sealed class SlurmTests(SlurmTests.Run run) : IClassFixture<SlurmTests.Run>
{
    private static readonly string s_file = Repository.In("tests", "slurm", "test_slurm.py");

    public static IEnumerable<TheoryDataRow<string>> Names() => UnittestFile.Names(s_file, "Slurm");

    [Theory]
    [MemberData(nameof(Names))]
    public void Engine(string name) => run.File.Check(name);

    /// <summary>The file's one run.</summary>
    public sealed class Run
    {
        internal UnittestFile File { get; } = new(s_file);
    }
}
