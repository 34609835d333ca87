using Defragger.Measure.Python;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Measure;

public static class FiguresArbitraries
{
    public static Arbitrary<PythonFigures> Figures()
    {
        Gen<long> size = Gen.OneOf(Gen.Constant(0L), Gen.Choose(0, 20).Select(mb => (long)mb << 20), Gen.Choose(0, 4000).Select(mb => (long)mb << 20));
        return (
            from peak in size
            from held in size
            from live in size
            from rise in size
            from reachable in size
            from cycles in size
            from native in size
            from free in size
            from objects in Gen.Choose(0, 1_000_000)
            from flags in Gen.Choose(0, 7)
            select new PythonFigures
            {
                Peak = Math.Max(peak, held), Held = held, PeakLive = live, Rise = rise, Reachable = reachable, Cycles = cycles, Native = native,
                Free = free, Objects = objects, Pinned = reachable * 2, Ended = (flags & 1) > 0, Known = (flags & 2) > 0, GivesBack = (flags & 4) > 0,
            }).ToArbitrary();
    }
}

/// <summary>The rules of the verdict, and the figures that they are fed with.</summary>
[Properties(Arbitrary = [typeof(FiguresArbitraries)], MaxTest = 1000)]
public class PythonDiagnosisProperties
{
    private const long Megabyte = 1 << 20;

    [Property]
    public bool A_cause_accounts_for_enough_to_be_worth_a_look(PythonFigures figures)
    {
        (MemoryCause cause, long bytes) = PythonDiagnosis.CauseOf(figures);
        return cause == MemoryCause.None ? bytes == 0
            : bytes >= PythonDiagnosis.Least && bytes >= figures.Peak * PythonDiagnosis.LeastShare;
    }

    [Property]
    public bool A_cause_accounts_for_no_more_than_its_figure(PythonFigures figures)
    {
        (MemoryCause cause, long bytes) = PythonDiagnosis.CauseOf(figures);
        return cause switch
        {
            MemoryCause.ReferenceCycles => bytes == figures.Cycles,
            MemoryCause.Native => bytes == figures.Native,
            MemoryCause.Fragmentation => bytes <= figures.Free && bytes <= figures.Held && bytes * 2 >= figures.Held,
            MemoryCause.Growth => bytes <= figures.PeakLive && figures.Rise * 5 >= figures.PeakLive,
            _ => true,
        };
    }

    [Property]
    public bool Twice_as_much_of_everything_has_the_same_cause(PythonFigures figures)
    {
        MemoryCause cause = PythonDiagnosis.CauseOf(figures).Cause;
        return cause == MemoryCause.None || cause == PythonDiagnosis.CauseOf(figures with
        {
            Peak = figures.Peak * 2, Held = figures.Held * 2, PeakLive = figures.PeakLive * 2, Rise = figures.Rise * 2,
            Reachable = figures.Reachable * 2, Cycles = figures.Cycles * 2, Native = figures.Native * 2, Free = figures.Free * 2,
        }).Cause;
    }

    [Property]
    public bool A_program_whose_live_memory_does_not_rise_has_no_growth(PythonFigures figures) =>
        PythonDiagnosis.CauseOf(figures with { Rise = 0, PeakLive = Math.Max(1, figures.PeakLive) }).Cause != MemoryCause.Growth;

    [Property]
    public bool A_verdict_says_what_and_what_to_do(PythonFigures figures)
    {
        PythonVerdict verdict = PythonDiagnosis.Of(figures, _ => [new("dict", 3)], ["a.py:1 in f"]);
        return verdict.Summary.EndsWith('.') && verdict.Advice.EndsWith('.') && verdict.Share is >= 0 and <= 1
            && (verdict.Cause == MemoryCause.None) == (verdict.Bytes == 0);
    }

    [Theory]
    [InlineData(100, 0, 0, 0, MemoryCause.ReferenceCycles)]
    [InlineData(0, 100, 0, 0, MemoryCause.Native)]
    [InlineData(0, 0, 100, 0, MemoryCause.Growth)]
    [InlineData(0, 0, 0, 100, MemoryCause.Fragmentation)]
    [InlineData(0, 0, 0, 0, MemoryCause.None)]
    [InlineData(7, 7, 7, 7, MemoryCause.None)] // too little of anything
    [InlineData(30, 0, 100, 0, MemoryCause.Growth)]
    [InlineData(60, 0, 100, 0, MemoryCause.ReferenceCycles)] // live memory rose because of cycles
    [InlineData(0, 70, 100, 0, MemoryCause.Native)] // or of a leak in C
    public void The_part_that_is_most_is_the_cause(int cycles, int native, int growth, int free, MemoryCause cause)
    {
        long live = Math.Max(growth, Math.Max(cycles, native));
        var figures = new PythonFigures
        {
            Peak = 110 * Megabyte, Held = 110 * Megabyte, Ended = true, Known = true, PeakLive = live * Megabyte,
            Rise = growth * Megabyte / 2, Cycles = cycles * Megabyte, Native = native * Megabyte, Free = free * Megabyte,
        };
        Assert.Equal(cause, PythonDiagnosis.CauseOf(figures).Cause);
    }

    [Property]
    public bool What_is_built_and_dropped_does_not_count_as_rising(PositiveInt rounds, PositiveInt size)
    {
        long[] live = [.. Enumerable.Range(0, (rounds.Get % 20 * 8) + 40).Select(i => (long)(i % 4) * size.Get * Megabyte)];
        return PythonFigures.Of(Lines(live)).Rise == 0;
    }

    [Property]
    public bool What_grows_evenly_rises_by_half_of_it(PositiveInt step)
    {
        long[] live = [.. Enumerable.Range(0, 101).Select(i => i * (long)step.Get * 1000)];
        PythonFigures figures = PythonFigures.Of(Lines(live));
        return figures.Rise == 50L * step.Get * 1000 && figures.PeakLive == live[^1];
    }

    [Fact]
    public void Parts_of_what_is_held_at_the_end_are_told_apart()
    {
        ProbeLine start = new()
        {
            Kind = "start", Allocator = "pymalloc", Walk = new ProbeWalk { Objects = 10, Bytes = 3 * Megabyte, Large = Megabyte, Pages = 2 * Megabyte },
            Sample = new ProbeSample { Live = 5 * Megabyte, Heap = 6 * Megabyte, Pymalloc = 2 * Megabyte, Anonymous = 8 * Megabyte },
        };
        ProbeLine end = new()
        {
            Kind = "end", Seconds = 2, Unreachable = new ProbeUnreachable { Objects = 7 },
            Before = new ProbeSample { Live = 65 * Megabyte, Heap = 106 * Megabyte, Pymalloc = 42 * Megabyte, Anonymous = 108 * Megabyte },
            After = new ProbeSample { Live = 45 * Megabyte, Heap = 106 * Megabyte, Pymalloc = 22 * Megabyte, Anonymous = 108 * Megabyte },
            Walk = new ProbeWalk { Objects = 110, Bytes = 33 * Megabyte, Large = 11 * Megabyte, Pages = 32 * Megabyte },
        };
        PythonFigures figures = PythonFigures.Of([start, end]);
        Assert.Equal(100 * Megabyte, figures.Held);
        Assert.Equal(20 * Megabyte, figures.Cycles); // 65 - 45
        Assert.Equal(10 * Megabyte, figures.Native); // (45 - 22 - 11) - (5 - 2 - 1)
        Assert.Equal(30 * Megabyte, figures.Reachable); // 40 more live, 10 of them C's
        Assert.Equal(60 * Megabyte, figures.Free); // (108 - 45) - (8 - 5)
        Assert.Equal(100, figures.Objects);
        Assert.Equal(7, figures.CycleObjects);
        Assert.Equal(figures.Held, figures.Reachable + figures.Native + figures.Free);
    }

    [Fact]
    public void Without_an_allocator_that_tells_or_an_end_there_are_peaks_only()
    {
        PythonFigures figures = PythonFigures.Of([new() { Kind = "start", Sample = new ProbeSample { Anonymous = Megabyte } },
            new() { Kind = "sample", Seconds = 1, Sample = new ProbeSample { Anonymous = 51 * Megabyte } }]);
        Assert.Equal((50 * Megabyte, false, false), (figures.Peak, figures.Known, figures.Ended));
        Assert.Equal(MemoryCause.None, PythonDiagnosis.CauseOf(figures).Cause);
        Assert.Equal(new PythonFigures(), PythonFigures.Of([]));
    }

    [Fact]
    public void A_line_that_is_none_is_an_error_but_for_the_last_that_was_cut()
    {
        using var directory = new TemporaryDirectory();
        const string Good = """{"kind":"sample","seconds":0.25,"sample":{"live":null,"blocks":3,"anonymous":4096},"line":null}""";
        directory.Write("cut", $"{Good}\n{Good[..40]}");
        ProbeLine line = Assert.Single(ProbeLine.Read(directory["cut"]));
        Assert.Equal((0.25, 3L, null), (line.Seconds, line.Sample!.Blocks, line.Sample.Live));
        directory.Write("bad", $"{Good}\nnonsense\n{Good}\n");
        Assert.Contains("line 2", Assert.Throws<FormatException>(() => ProbeLine.Read(directory["bad"]).Count()).Message, StringComparison.Ordinal);
    }

    private static List<ProbeLine> Lines(long[] live) =>
    [
        new() { Kind = "start", Sample = new ProbeSample { Live = 0 } },
        .. live.Select((bytes, i) => new ProbeLine { Kind = "sample", Seconds = i, Sample = new ProbeSample { Live = bytes, Anonymous = bytes } }),
    ];
}
