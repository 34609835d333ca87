using Defragger.Measure;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Measure;

/// <summary>Samples of a made-up run, in order of time.</summary>
public sealed record SampleTrace(TreeSample[] Samples);

public static class SampleArbitraries
{
    public static Arbitrary<SampleTrace> Traces()
    {
        Gen<long> size = Gen.OneOf(Gen.Choose(0, 50).Select(n => n * 1000L), Gen.Choose(0, int.MaxValue).Select(n => n * 4096L));
        Gen<long?> maybe = Gen.Frequency((3, Gen.Constant((long?)null)), (1, size.Select(n => (long?)n)));
        Gen<double?> stalled = Gen.OneOf(Gen.Constant((double?)null), Gen.Choose(0, 10000).Select(n => (double?)(n / 100.0)));
        Gen<(int, TreeSample)> sample =
            from step in Gen.Frequency((5, Gen.Choose(1, 150)), (1, Gen.Choose(1, 5000)))
            from processes in Gen.Choose(1, 4)
            from resident in size
            from anonymous in size
            from proportional in maybe
            from cgroup in maybe
            from available in size
            from stall in stalled
            select (step, new TreeSample(0, processes, resident, anonymous, proportional, cgroup, available, stall));
        return sample.NonEmptyListOf().Select(steps =>
        {
            int now = 0;
            return new SampleTrace([.. steps.Select(step => step.Item2 with { Seconds = (now += step.Item1) / 1000.0 })]);
        }).ToArbitrary();
    }
}

[Properties(Arbitrary = [typeof(SampleArbitraries)], MaxTest = 300)]
public class SampleTests
{
    private const int Capacity = 16;

    [Property]
    public bool A_series_stays_within_its_bound_and_in_order(SampleTrace trace)
    {
        var series = new SampleSeries(Capacity);
        foreach (TreeSample sample in Repeat(trace))
        {
            series.Add(sample);
            if (series.Samples.Count > Capacity) return false;
        }
        return series.Samples.Zip(series.Samples.Skip(1)).All(pair => pair.First.Seconds < pair.Second.Seconds);
    }

    [Property]
    public bool A_series_keeps_the_first_the_last_and_the_peaks(SampleTrace trace)
    {
        var series = new SampleSeries(Capacity);
        TreeSample[] all = Repeat(trace);
        foreach (TreeSample sample in all) series.Add(sample);
        TreeSample peak = all.First(sample => sample.Resident == all.Max(one => one.Resident));
        TreeSample? proportional = all.FirstOrDefault(sample => sample.Proportional != null && sample.Proportional == all.Max(one => one.Proportional));
        return series.Taken == all.Length && series.Peak == peak && series.ProportionalPeak == proportional
            && series.Samples[0] == all[0] && series.Samples[^1] == all[^1] && series.Samples.Contains(peak)
            && (proportional == null || series.Samples.Contains(proportional))
            && series.MostProcesses == all.Max(sample => sample.Processes) && series.LeastAvailable == all.Min(sample => sample.Available);
    }

    [Property]
    public bool A_sample_and_its_line_say_the_same(SampleTrace trace) =>
        trace.Samples.All(sample => SampleFile.Parse(SampleFile.Format(sample)) == sample);

    [Property]
    public bool A_file_has_the_last_sample_and_the_peaks(SampleTrace trace)
    {
        using var directory = new TemporaryDirectory();
        using (SampleFile file = SampleFile.Create(directory["memory.csv"]))
            foreach (TreeSample sample in trace.Samples) file.Add(sample);
        MemoryMeasurement read = MeasureRun.Earlier(directory["memory.csv"]);
        return read.Samples[^1] == trace.Samples[^1]
            && read.PeakResident == trace.Samples.Max(sample => sample.Resident)
            && read.PeakProportional == trace.Samples.Max(sample => sample.Proportional)
            && read.PeakProcesses == trace.Samples.Max(sample => sample.Processes);
    }

    [Fact]
    public void A_line_that_was_cut_ends_a_file_and_any_other_is_an_error()
    {
        using var directory = new TemporaryDirectory();
        string good = "0.1,1,4096,0,,,100,\n";
        directory.Write("cut.csv", $"{SampleFile.Heading}\n{good}0.2,1,40");
        Assert.Single(SampleFile.Read(directory["cut.csv"]));
        directory.Write("bad.csv", $"{SampleFile.Heading}\n{good}0.2,one,4096,0,,,100,\n{good}");
        Assert.Contains("line 3", Assert.Throws<FormatException>(() => SampleFile.Read(directory["bad.csv"]).Count()).Message, StringComparison.Ordinal);
        directory.Write("other.csv", "seconds,used_bytes,total_bytes,workers,limit\n");
        Assert.Throws<FormatException>(() => SampleFile.Read(directory["other.csv"]).Count());
    }

    [Fact]
    public void A_file_may_be_closed_twice()
    {
        using var directory = new TemporaryDirectory();
        SampleFile file = SampleFile.Create(directory["memory.csv"]);
        for (int i = 0; i < 3; i++) file.Add(new TreeSample(i / 10.0, 1, 4096, 0, null, null, 100, null));
        file.Dispose();
        file.Dispose();
        Assert.Equal(0.2, SampleFile.Read(directory["memory.csv"]).Last().Seconds);
    }

    [Fact]
    public void A_run_of_a_day_that_hardly_moves_is_a_line_a_second()
    {
        using var directory = new TemporaryDirectory();
        using (SampleFile file = SampleFile.Create(directory["memory.csv"]))
        {
            for (int i = 0; i < 864_000; i++)
                file.Add(new TreeSample(i / 10.0, 1, 1_000_000_000 - (i % 7), 900_000_000, null, 2_000_000_000, 3_000_000_000, 0));
        }
        Assert.InRange(new FileInfo(directory["memory.csv"]).Length, 1, 8 << 20);
    }

    // Several times over, so that a small series is halved again and again.
    private static TreeSample[] Repeat(SampleTrace trace)
    {
        double length = trace.Samples[^1].Seconds;
        return [.. Enumerable.Range(0, 6).SelectMany(round => trace.Samples.Select(sample => sample with { Seconds = sample.Seconds + (round * length) }))];
    }
}
