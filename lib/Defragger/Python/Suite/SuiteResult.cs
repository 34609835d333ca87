namespace Defragger.Python.Suite;

/// <summary>How a test file on our malloc compares with the same on stock Python.</summary>
public enum SuiteStatus
{
    /// <summary>Every test ends as on stock Python; failures that both have are no difference.</summary>
    Same,

    /// <summary>It differs in tests that must differ, or that fail on stock Python only, do not run, or are unstable.</summary>
    Differs,

    /// <summary>A test fails on ours that does not fail on stock Python.</summary>
    NewFailure,

    /// <summary>This Python has no such file.</summary>
    NotThere,
}

/// <summary>The tests of a file on one Python, in its first run.</summary>
/// <param name="Passed">Tests that passed.</param>
/// <param name="Failed">Tests that failed; 0 if only the file as a whole did.</param>
/// <param name="Skipped">Tests that do not run on this machine.</param>
/// <param name="Cpu">Processor time, user and system, of the file and what it started.</param>
public readonly record struct SuiteCount(int Passed, int Failed, int Skipped, TimeSpan Cpu)
{
    internal static SuiteCount Of(FileRun run) => new(
        run.Tests.Count(one => one.Outcome == TestOutcome.Passed), run.Tests.Count(one => one.Outcome == TestOutcome.Failed),
        run.Tests.Count(one => one.Outcome == TestOutcome.Skipped), run.Cpu);
}

/// <summary>One test file on both Pythons.</summary>
/// <param name="File">The file, as <c>python -m test</c> names it.</param>
/// <param name="Status">How they compare.</param>
/// <param name="Stock">The tests on stock Python.</param>
/// <param name="Python">The tests on ours.</param>
/// <param name="Runs">How often the file ran on each.</param>
/// <param name="Differences">The tests that differ, by name.</param>
public sealed record SuiteResult(
    string File, SuiteStatus Status, SuiteCount Stock, SuiteCount Python, int Runs, IReadOnlyList<SuiteDifference> Differences)
{
    internal static SuiteResult NotThere(string file) => new(file, SuiteStatus.NotThere, default, default, 0, []);

    internal static SuiteResult Of(
        string file, IReadOnlyList<FileRun> stock, IReadOnlyList<FileRun> ours, IReadOnlyList<SuiteDifference> differences) =>
        new(file,
            differences.Count == 0 ? SuiteStatus.Same
            : differences.Any(one => one.Kind == SuiteDifferenceKind.NewFailure) ? SuiteStatus.NewFailure
            : SuiteStatus.Differs,
            SuiteCount.Of(stock[0]), SuiteCount.Of(ours[0]), ours.Count, differences);
}
