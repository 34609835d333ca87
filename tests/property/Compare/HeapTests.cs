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
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using var index = new JournalIndex(directory["j"]);
        long after = GC.GetTotalMemory(forceFullCollection: true);
        Assert.Equal(100_000, index.Count);
        Assert.InRange((after - before) / 100_000, 0, 200);
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
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using IEnumerator<TestCase> walk = CaseTree.Walk(directory["b"], directory["c"], CaseFilter.All).GetEnumerator();
        Assert.True(walk.MoveNext());
        long after = GC.GetTotalMemory(forceFullCollection: true);
        Assert.InRange((after - before) / 100_000, 0, 200);
        GC.KeepAlive(walk);
    }
}
