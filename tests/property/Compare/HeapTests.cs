using Defragger.Compare;
using FsCheck.Fluent;
using Xunit;

namespace Defragger.Tests.Compare;

/// <summary>Tests that read the heap of the whole process: nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(HeapTests), DisableParallelization = true)]
[Collection(nameof(HeapTests))]
public class HeapTests
{
    [Fact]
    public void A_journal_of_100_000_cases_costs_under_200_bytes_a_case()
    {
        using var directory = new TemporaryDirectory();
        JournalLine line = Gen.Sample(JournalArbitraries.Line, 1, 1).First();
        using (Journal journal = Journal.Create(directory["j"], new JournalHeader(JournalHeader.Version, "0", DateTimeOffset.UnixEpoch, "/b", "/c")))
        {
            for (int i = 0; i < 100_000; i++)
                journal.Add(line with { Result = line.Result with { Case = $"Modules/case-number-{i}.sarif" } });
        }
        long retained = Retained(() =>
        {
            var index = new JournalIndex(directory["j"]);
            Assert.Equal(100_000, index.Count);
            return index;
        });
        Assert.InRange(retained / 100_000, 16, 200); // 16: the hash of its name alone
    }

    [Fact]
    public void A_directory_of_100_000_cases_costs_under_200_bytes_a_case()
    {
        using var directory = new TemporaryDirectory();
        foreach (string side in new[] { "b", "c" })
        {
            Directory.CreateDirectory(directory[side]);
            for (int i = 0; i < 100_000; i++) File.Create(directory[$"{side}/case-number-{i}.sarif"]).Dispose();
        }
        long retained = Retained(() =>
        {
            IEnumerator<TestCase> walk = CaseTree.Walk(directory["b"], directory["c"], CaseFilter.All).GetEnumerator();
            Assert.True(walk.MoveNext());
            return walk;
        });
        Assert.InRange(retained / 100_000, 44, 200); // 44: the characters of one name
    }

    /// <summary>Bytes that <paramref name="make"/>'s object keeps alive: the median of three, for what earlier tests
    /// left in pools is given back at a time of its own, and then the heap shrinks in the middle of a reading.</summary>
    private static long Retained(Func<IDisposable> make)
    {
        long[] readings = new long[3];
        for (int i = 0; i < readings.Length; i++)
        {
            long before = SettledHeap();
            using IDisposable made = make();
            readings[i] = SettledHeap() - before;
            GC.KeepAlive(made);
        }
        Array.Sort(readings);
        return readings[1];
    }

    /// <summary>The heap once two collections agree to 64 KiB. <see cref="GC.GetTotalMemory"/> by itself is content
    /// with 5 %, which is more than what is measured here.</summary>
    private static long SettledHeap()
    {
        long last, now = long.MaxValue;
        int rounds = 0;
        do
        {
            last = now;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            now = GC.GetTotalMemory(forceFullCollection: true);
        }
        while (Math.Abs(last - now) > 64 * 1024 && ++rounds < 50);
        return now;
    }
}
