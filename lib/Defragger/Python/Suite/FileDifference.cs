namespace Defragger.Python.Suite;

/// <summary>The difference between the runs of a test file on stock Python and those on ours.</summary>
internal static class FileDifference
{
    /// <summary>What a test does in all runs of one side.</summary>
    private enum Habit
    {
        Absent,
        Skips,
        Passes,
        Wavers,
        Fails,
    }

    /// <summary>The tests that differ, in the order of their names. O(n log n) in the tests.</summary>
    /// <param name="stock">The runs on stock Python, one or more.</param>
    /// <param name="ours">The runs on ours, one or more.</param>
    /// <param name="reason">Why a test fails on ours by design; null when it must not.</param>
    public static IReadOnlyList<SuiteDifference> Of(
        IReadOnlyList<FileRun> stock, IReadOnlyList<FileRun> ours, Func<string, string?> reason)
    {
        Side before = new(stock, ours[0].Tests), after = new(ours, stock[0].Tests);
        var differences = new List<SuiteDifference>();
        foreach (string test in before.Names.Union(after.Names, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            SuiteDifferenceKind? kind = Kind(before.Of(test), after.Of(test));
            // Of a file that crashed, the tests after the crash say nothing of themselves.
            if (kind == SuiteDifferenceKind.NotRun && after.Of(SuiteDifference.WholeFile) != Habit.Passes) continue;
            if (kind is not { } found) continue;
            string? designed = found == SuiteDifferenceKind.NewFailure ? reason(test) : null;
            differences.Add(designed == null
                ? new(test, found, found == SuiteDifferenceKind.Fixed ? before.Detail(test) : after.Detail(test))
                : new(test, SuiteDifferenceKind.ByDesign, designed));
        }
        return differences;
    }

    private static SuiteDifferenceKind? Kind(Habit stock, Habit ours) => (stock, ours) switch
    {
        (Habit.Fails, Habit.Fails) or (Habit.Wavers, Habit.Fails or Habit.Wavers) or (Habit.Fails, Habit.Wavers) => null,
        (Habit.Wavers, _) or (_, Habit.Wavers) => SuiteDifferenceKind.Unstable,
        (_, Habit.Fails) => SuiteDifferenceKind.NewFailure,
        (Habit.Fails, Habit.Passes) => SuiteDifferenceKind.Fixed,
        (Habit.Passes, Habit.Absent or Habit.Skips) => SuiteDifferenceKind.NotRun,
        _ => null,
    };

    /// <summary>The tests of one side, over all its runs.</summary>
    private sealed class Side
    {
        private readonly List<Dictionary<string, TestEntry>> _runs = [];

        public Side(IReadOnlyList<FileRun> runs, IReadOnlyList<TestEntry> other)
        {
            foreach (FileRun run in runs)
            {
                var tests = new Dictionary<string, TestEntry>(StringComparer.Ordinal)
                {
                    [SuiteDifference.WholeFile] = new(
                        SuiteDifference.WholeFile, run.Failure == null ? TestOutcome.Passed : TestOutcome.Failed, run.Failure ?? ""),
                };
                foreach (TestEntry one in TestNames.Complete(run.Tests, other))
                {
                    // A test may run more than once in a file: the worst counts.
                    if (!tests.TryGetValue(one.Name!, out TestEntry before) || one.Outcome > before.Outcome) tests[one.Name!] = one;
                }
                _runs.Add(tests);
            }
        }

        public IEnumerable<string> Names => _runs.SelectMany(run => run.Keys);

        public Habit Of(string test)
        {
            int failed = 0;
            var best = Habit.Absent;
            foreach (Dictionary<string, TestEntry> run in _runs)
            {
                if (!run.TryGetValue(test, out TestEntry one)) continue;
                if (one.Outcome == TestOutcome.Failed) failed++;
                else best = one.Outcome == TestOutcome.Passed || best == Habit.Passes ? Habit.Passes : Habit.Skips;
            }
            return failed == 0 ? best : failed == _runs.Count ? Habit.Fails : Habit.Wavers;
        }

        public string Detail(string test) => _runs
            .Select(run => run.TryGetValue(test, out TestEntry one) ? one.Detail : "")
            .FirstOrDefault(detail => detail.Length > 0) ?? "";
    }
}
