using Defragger.Engines;
using Defragger.Python.Suite;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Python;

/// <summary>What each of some tests did on two Pythons.</summary>
public sealed record TwoRuns((int Stock, int Ours)[] Outcomes)
{
    internal FileRun Stock => Run(Outcomes.Select(one => one.Stock));

    internal FileRun Ours => Run(Outcomes.Select(one => one.Ours));

    internal static string Name(int test) => $"test.test_x.T.test_{test:D3}";

    private static FileRun Run(IEnumerable<int> outcomes) =>
        new([.. outcomes.Select((one, test) => new TestEntry(Name(test), (TestOutcome)one))], null, TimeSpan.Zero);

    public override string ToString() => string.Join(' ', Outcomes);
}

public static class TwoRunsArbitraries
{
    public static Arbitrary<TwoRuns> Runs() =>
        (from outcomes in Gen.Zip(Gen.Choose(0, 2), Gen.Choose(0, 2)).ArrayOf() select new TwoRuns(outcomes)).ToArbitrary();
}

[Properties(Arbitrary = [typeof(TwoRunsArbitraries)])]
public class FileDifferenceProperties
{
    private static readonly Version s_version = new(3, 11, 2);

    [Property]
    public bool A_run_does_not_differ_from_itself(TwoRuns runs) => Difference(runs.Ours, runs.Ours).Count == 0;

    [Property]
    public bool A_test_that_fails_on_ours_alone_is_a_new_failure_and_no_other_is(TwoRuns runs) =>
        Names(Difference(runs.Stock, runs.Ours), SuiteDifferenceKind.NewFailure).SequenceEqual(
            Tests(runs, (stock, ours) => ours == TestOutcome.Failed && stock != TestOutcome.Failed));

    [Property]
    public bool A_test_that_failed_on_stock_and_passes_is_fixed(TwoRuns runs) =>
        Names(Difference(runs.Stock, runs.Ours), SuiteDifferenceKind.Fixed).SequenceEqual(
            Tests(runs, (stock, ours) => stock == TestOutcome.Failed && ours == TestOutcome.Passed));

    [Property]
    public bool A_test_that_is_skipped_on_ours_alone_is_told(TwoRuns runs) =>
        Names(Difference(runs.Stock, runs.Ours), SuiteDifferenceKind.NotRun).SequenceEqual(
            Tests(runs, (stock, ours) => stock == TestOutcome.Passed && ours == TestOutcome.Skipped));

    [Property]
    public bool A_test_that_a_second_run_does_not_confirm_is_unstable(TwoRuns runs)
    {
        // On ours both columns occur, one after the other; on stock all pass.
        FileRun passing = new([.. runs.Stock.Tests.Select(one => one with { Outcome = TestOutcome.Passed })], null, TimeSpan.Zero);
        IReadOnlyList<SuiteDifference> differences = FileDifference.Of([passing, passing], [runs.Stock, runs.Ours], _ => null);
        return Names(differences, SuiteDifferenceKind.Unstable).SequenceEqual(
                Tests(runs, (one, other) => (one == TestOutcome.Failed) != (other == TestOutcome.Failed)))
            && Names(differences, SuiteDifferenceKind.NewFailure).SequenceEqual(
                Tests(runs, (one, other) => one == TestOutcome.Failed && other == TestOutcome.Failed));
    }

    [Property]
    public bool Tests_without_a_name_get_that_of_the_other_run(TwoRuns runs)
    {
        // A test with failing subtests loses its name; on stock all passed and so have theirs.
        FileRun stock = runs.Stock with { Tests = [.. runs.Stock.Tests.Select(one => one with { Outcome = TestOutcome.Passed })] };
        FileRun ours = runs.Ours with
        {
            Tests = [.. runs.Ours.Tests.Select(one => one.Outcome == TestOutcome.Failed ? one with { Name = null } : one)],
        };
        return Names(Difference(stock, ours), SuiteDifferenceKind.NewFailure).SequenceEqual(Tests(runs, (_, ours) => ours == TestOutcome.Failed));
    }

    [Property]
    public bool Tests_that_have_no_name_in_either_run_are_no_difference(TwoRuns runs)
    {
        FileRun nameless = runs.Ours with { Tests = [.. runs.Ours.Tests.Select(one => one.Outcome == TestOutcome.Failed ? one with { Name = null } : one)] };
        return Difference(nameless, nameless).Count == 0;
    }

    [Fact]
    public void The_four_that_ask_for_pymalloc_are_by_design()
    {
        SuiteDifference[] differences =
        [
            .. Difference(Reports.Run("test_sys-stock.xml"), Reports.Run("test_sys-ours.xml")),
            .. Difference(Reports.Run("test_cmd_line-stock.xml"), Reports.Run("test_cmd_line-ours.xml")),
        ];
        Assert.Equal(
            [
                "test.test_sys.SysModuleTest.test_debugmallocstats", "test.test_sys.SysModuleTest.test_getallocatedblocks",
                "test.test_cmd_line.CmdLineTest.test_pythonmalloc", "test.test_cmd_line.CmdLineTest.test_xdev",
            ],
            differences.Select(one => one.Test));
        Assert.All(differences, one => Assert.Equal(SuiteDifferenceKind.ByDesign, one.Kind));
        Assert.All(differences, one => Assert.NotEmpty(one.Reason));
    }

    [Theory]
    [InlineData("test.test_sys.SysModuleTest.test_debugmallocstats", "3.11.2", true)]
    [InlineData("test_sys.SysModuleTest.test_debugmallocstats", "3.12.1", true)]
    [InlineData("test.test_sys.SysModuleTest.test_debugmallocstats", "3.13.0", false)] // passes there
    [InlineData("test.test_cmd_line.CmdLineTest.test_xdev", "3.8.18", true)]
    [InlineData("test.test_cmd_line.CmdLineTest.test_xdev", "3.14.0", false)] // not seen yet
    [InlineData("test.test_sys.SysModuleTest.test_intern", "3.11.2", false)]
    public void What_is_by_design_depends_on_the_version(string test, string version, bool isByDesign) =>
        Assert.Equal(isByDesign, ByDesign.Reason(test, Version.Parse(version)) != null);

    [Fact]
    public void A_crash_on_ours_is_a_new_failure_of_the_whole_file_and_of_nothing_else()
    {
        FileRun crashed = FileRun.Of(new ProcessReport { Signal = 11, StandardError = "Fatal Python error" }, null, "no report was written");
        SuiteDifference one = Assert.Single(Difference(Reports.Run("test_sys-stock.xml"), crashed));
        Assert.Equal((SuiteDifference.WholeFile, SuiteDifferenceKind.NewFailure), (one.Test, one.Kind));
        Assert.Equal("ended by signal 11: Fatal Python error", one.Reason);
        Assert.Empty(Difference(crashed, crashed));
    }

    [Fact]
    public void A_file_that_fails_without_a_failing_test_fails_as_a_whole()
    {
        var report = new ProcessReport { ExitCode = 2, StandardOutput = "test_x failed (uncaught exception)" };
        Assert.Equal("exit code 2: test_x failed (uncaught exception)", FileRun.Of(report, [], null).Failure);
        Assert.Null(FileRun.Of(report, [new TestEntry("a", TestOutcome.Failed)], null).Failure);
        Assert.Null(FileRun.Of(new ProcessReport { ExitCode = 0 }, [], null).Failure);
        Assert.Equal("no report was written; exit code 0", FileRun.Of(new ProcessReport { ExitCode = 0 }, null, "no report was written").Failure);
    }

    private static IReadOnlyList<SuiteDifference> Difference(FileRun stock, FileRun ours) =>
        FileDifference.Of([stock], [ours], test => ByDesign.Reason(test, s_version));

    private static IEnumerable<string> Names(IEnumerable<SuiteDifference> differences, SuiteDifferenceKind kind) =>
        differences.Where(one => one.Kind == kind).Select(one => one.Test);

    private static IEnumerable<string> Tests(TwoRuns runs, Func<TestOutcome, TestOutcome, bool> takes) =>
        runs.Outcomes.Select((one, test) => (one, test)).Where(pair => takes((TestOutcome)pair.one.Stock, (TestOutcome)pair.one.Ours))
            .Select(pair => TwoRuns.Name(pair.test));
}
