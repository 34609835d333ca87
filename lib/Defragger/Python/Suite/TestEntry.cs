namespace Defragger.Python.Suite;

/// <summary>What became of one test.</summary>
internal enum TestOutcome
{
    /// <summary>It ran to its end, or failed as it is expected to.</summary>
    Passed,

    /// <summary>It says that it cannot run here.</summary>
    Skipped,

    /// <summary>It failed, raised an error, passed though it must not, or has a subtest that failed.</summary>
    Failed,
}

/// <summary>One test of one run.</summary>
/// <param name="Name">Its name: <c>test.test_sys.SysModuleTest.test_intern</c>; null where the run does not tell it.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Detail">Why it failed or was skipped.</param>
internal readonly record struct TestEntry(string? Name, TestOutcome Outcome, string Detail = "");
