using Defragger.History;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.History;

/// <summary>What a case will need, from what it needed before.</summary>
public sealed class PeakWindowTests
{
    private static readonly DateTimeOffset s_day = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Oldest first, as they came; in units of which the largest sample is no matter.
    [Theory]
    [InlineData("", 0, "nothing is known")]
    [InlineData("5", 5, "one run is all there is")]
    [InlineData("5 9 7", 9, "the largest of the last three")]
    [InlineData("9 5 6 7", 7, "older ones do not count")]
    [InlineData("5 30", 30, "two runs have no outlier")]
    [InlineData("5 5 5 30", 5, "the first outlier counts for nothing")]
    [InlineData("5 5 5 5 30 5 30", 17, "the second for half of what it exceeds")]
    [InlineData("5 5 5 5 5 5 5 30 30 30", 30, "the third in full")]
    [InlineData("5 5 5 5 30 30 30 5 5 5", 5, "and when it is over, it is over")]
    [InlineData("5 5 5 10", 10, "twice as much is no outlier yet")]
    public void The_last_three_count_and_outliers_come_by_degrees(string peaks, long need, string because)
    {
        CaseHistory known = Blank;
        foreach (string peak in peaks.Split(' ', StringSplitOptions.RemoveEmptyEntries)) known = After(known, long.Parse(peak));
        Assert.True(need == known.Need, $"{because}: {need}, but it is {known.Need}");
    }

    [Fact]
    public void A_kill_is_a_lower_bound_until_three_runs_have_ended_well()
    {
        CaseHistory known = After(After(Blank, 5), 50, outOfMemory: true);
        Assert.Equal(50, known.Need);
        known = After(After(known, 60), 40);
        Assert.Equal((60, 50L), (known.Need, known.LowerBound));
        known = After(known, 40);
        Assert.Null(known.LowerBound);
        Assert.Equal(60, known.Need);
    }

    [Fact]
    public void Of_two_kills_the_larger_says_more()
    {
        CaseHistory known = After(After(Blank, 80, outOfMemory: true), 50, outOfMemory: true);
        Assert.Equal(80, known.LowerBound);
        Assert.Equal(80, known.Need);
        Assert.Equal(TimeSpan.Zero, known.Duration);
    }

    [Property]
    public void What_is_needed_is_no_less_than_the_least_and_no_more_than_the_most_that_was_seen(PositiveInt[] peaks)
    {
        CaseHistory known = Blank;
        foreach (PositiveInt peak in peaks) known = After(known, peak.Get);
        if (peaks.Length == 0) return;
        int[] seen = [.. peaks.TakeLast(PeakWindow.Length).Select(peak => peak.Get)];
        Assert.InRange(known.Need, seen.Min(), seen.Max());
    }

    [Property]
    public void The_order_in_which_runs_are_learned_of_does_not_matter(PositiveInt[] peaks, int seed)
    {
        PeakSample[] samples = [.. peaks.Select((peak, i) => new PeakSample(s_day.AddHours(i), peak.Get, TimeSpan.FromSeconds(i)))];
        PeakSample[] shuffled = [.. samples, .. samples];
        new Random(seed).Shuffle(shuffled);
        Assert.Equal(Learn(samples).Samples, Learn(shuffled).Samples);
        Assert.Equal(samples.Reverse().Take(PeakWindow.Length), Learn(samples).Samples);

        static CaseHistory Learn(PeakSample[] all) => all.Aggregate(Blank, (known, one) => known.With(false, one));
    }

    private static CaseHistory Blank { get; } = new() { Case = "a", Comparer = "c", Platform = "p" };

    private static CaseHistory After(CaseHistory known, long peak, bool outOfMemory = false) =>
        known.With(outOfMemory, new PeakSample(known.Last == default ? s_day : known.Last.AddHours(1), peak, TimeSpan.FromSeconds(peak)));
}
