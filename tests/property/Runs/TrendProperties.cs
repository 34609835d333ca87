using System.Diagnostics;
using Defragger.Compare;
using Defragger.Runs;
using Defragger.Tests.Compare;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Runs;

public class TrendProperties
{
    private static readonly CaseStatus[] s_statuses = Enum.GetValues<CaseStatus>();

    private static Arbitrary<(string, CaseStatus)[]> Runs { get; } = (
        from name in Gen.Elements("a", "b", "b/c", "B", "é", "\ud83d\ude00", "x y", "z")
        from status in Gen.Elements(s_statuses)
        select (name, status)).ArrayOf().ToArbitrary();

    [Property(MaxTest = 200)]
    public Property Every_case_is_told_as_a_table_in_memory_tells_it() => Prop.ForAll(Runs, Runs, (before, after) =>
    {
        Dictionary<string, CaseStatus> then = Last(before), now = Last(after);
        List<CaseTrend> expected = [];
        foreach (string name in then.Keys.Union(now.Keys))
        {
            CaseStatus? old = then.TryGetValue(name, out CaseStatus o) ? o : null, young = now.TryGetValue(name, out CaseStatus y) ? y : null;
            if (CaseTrend.Of(name, old, young, young == null ? $"old {old}" : $"new {young}") is CaseTrend trend) expected.Add(trend);
        }
        CaseTrend[] found = Compare(before, after);
        Assert.Equal(expected.OrderBy(trend => trend.Case, StringComparer.Ordinal), found.OrderBy(trend => trend.Case, StringComparer.Ordinal));
        Assert.Equal(found.Select(trend => trend.Case).Distinct().Count(), found.Length);
    });

    [Property(MaxTest = 100)]
    public Property A_run_beside_itself_has_nothing_new_and_nothing_fixed() => Prop.ForAll(Runs, run =>
        Assert.All(Compare(run, run), trend => Assert.True(trend.Trend is TrendKind.StillChanged or TrendKind.StillFailed)));

    [Theory]
    [InlineData(CaseStatus.Same, CaseStatus.Changed, TrendKind.NewlyChanged)]
    [InlineData(CaseStatus.Ignored, CaseStatus.Added, TrendKind.NewlyChanged)]
    [InlineData(CaseStatus.Timeout, CaseStatus.Changed, TrendKind.NewlyChanged)]
    [InlineData(CaseStatus.Same, CaseStatus.OutOfMemory, TrendKind.NewlyFailed)]
    [InlineData(CaseStatus.Changed, CaseStatus.Error, TrendKind.NewlyFailed)]
    [InlineData(CaseStatus.Changed, CaseStatus.Same, TrendKind.Fixed)]
    [InlineData(CaseStatus.Error, CaseStatus.Ignored, TrendKind.Fixed)]
    [InlineData(CaseStatus.Removed, CaseStatus.Changed, TrendKind.StillChanged)]
    [InlineData(CaseStatus.Error, CaseStatus.Cancelled, TrendKind.StillFailed)]
    [InlineData(null, CaseStatus.Same, TrendKind.Added)]
    [InlineData(CaseStatus.Same, null, TrendKind.Removed)]
    [InlineData(CaseStatus.Same, CaseStatus.Ignored, null)]
    public void The_trend_of_a_case(CaseStatus? before, CaseStatus? after, TrendKind? trend) =>
        Assert.Equal(trend, CaseTrend.Of("a", before, after, "")?.Trend);

    private static CaseTrend[] Compare((string, CaseStatus)[] before, (string, CaseStatus)[] after)
    {
        using var directory = new TemporaryDirectory();
        foreach ((string run, (string, CaseStatus)[] lines) in new[] { ("old", before), ("new", after) })
        {
            Directory.CreateDirectory(directory[run]);
            using Journal journal = Create(directory[run]);
            foreach ((string name, CaseStatus status) in lines) journal.Add(Line(name, status, $"{run} {status}"));
        }
        return [.. TrendTable.Compare(directory["old"], directory["new"], CaseFilter.All, fault => throw fault, default)];
    }

    internal static Journal Create(string run) =>
        Journal.Create(OutputFolder.JournalOf(run), new JournalHeader(JournalHeader.Version, "0", DateTimeOffset.UnixEpoch, "/b", "/c"));

    internal static JournalLine Line(string name, CaseStatus status, string reason) => new(
        new CaseResult { Case = name, Status = status, Reason = reason }, FileStamp.None, FileStamp.None, "c");

    private static Dictionary<string, CaseStatus> Last((string Case, CaseStatus Status)[] lines)
    {
        Dictionary<string, CaseStatus> last = [];
        foreach ((string name, CaseStatus status) in lines) last[name] = status;
        return last;
    }
}

/// <summary>What the sorting of two runs holds.</summary>
[Collection(nameof(HeapTests))]
public class TrendMemoryTests
{
    [Fact]
    public void A_hundred_thousand_cases_take_little_memory()
    {
        using var directory = new TemporaryDirectory();
        const int Cases = 100_000;
        foreach ((string run, int changed) in new[] { ("old", 3), ("new", 5) })
        {
            Directory.CreateDirectory(directory[run]);
            using Journal journal = TrendProperties.Create(directory[run]);
            // Backwards, so that something is sorted.
            for (int i = Cases; i-- > 0;) journal.Add(TrendProperties.Line($"group/{i:D6}", i % changed == 0 ? CaseStatus.Changed : CaseStatus.Same, "some words of a reason"));
        }
        long clock = Stopwatch.GetTimestamp(), held = GC.GetTotalMemory(forceFullCollection: true), most = 0, count = 0;
        string last = "";
        foreach (CaseTrend trend in TrendTable.Compare(directory["old"], directory["new"], CaseFilter.All, fault => throw fault, default))
        {
            Assert.True(string.CompareOrdinal(last, trend.Case) < 0);
            last = trend.Case;
            if (count++ % 10_000 == 0) most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - held);
        }
        Assert.Equal(Enumerable.Range(0, Cases).Count(i => i % 3 == 0 || i % 5 == 0), count);
        Assert.True(most < 4 << 20, $"{most} bytes are held");
        TestContext.Current.TestOutputHelper!.WriteLine($"{Stopwatch.GetElapsedTime(clock).TotalSeconds:0.00} s, {most:N0} bytes held");
    }
}
