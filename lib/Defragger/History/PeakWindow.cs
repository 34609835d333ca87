namespace Defragger.History;

/// <summary>What a case will need, from what it needed before. Pure.</summary>
/// <remarks>
/// 1. The last three runs count: the largest of them. A run that failed for another reason is no run here.
/// 2. An outlier is a peak above twice the median of the window, once there are four runs to be one among. Its first
///    occurrence in the window counts for nothing, the second for half of what it exceeds, the third in full: one bad day
///    does not reserve memory for ever, a new need does. (The weights are those of SpoBo/taskguard. The run
///    itself is guarded by what is observed while it runs.)
/// 3. What it had when it was killed for want of memory is a lower bound, until three runs have ended well since.
/// </remarks>
internal static class PeakWindow
{
    /// <summary>Runs that are kept of a case.</summary>
    public const int Length = 10;

    private const int Recent = 3;
    private const int LeastForOutliers = 4;
    private const int OutlierFactor = 2;

    /// <summary>Bytes that the next run is expected to hold; 0 when nothing is known.</summary>
    /// <param name="newestFirst">Runs that ended well; at most <see cref="Length"/>.</param>
    /// <param name="lowerBound">What it held when it was killed for want of memory, or null.</param>
    public static long Need(IReadOnlyList<PeakSample> newestFirst, long? lowerBound) =>
        Math.Max(OfRuns(newestFirst), lowerBound ?? 0);

    /// <summary>How long the next run is expected to take: the median of the last three; zero when nothing is known.</summary>
    public static TimeSpan Duration(IReadOnlyList<PeakSample> newestFirst) =>
        TimeSpan.FromTicks(Median([.. newestFirst.Take(Recent).Select(sample => sample.Duration.Ticks)]));

    /// <summary>Whether a lower bound still says something that the runs since do not.</summary>
    public static bool BoundHolds(IReadOnlyList<PeakSample> newestFirst, DateTimeOffset boundAt) =>
        newestFirst.Count < Recent || newestFirst[Recent - 1].Ended <= boundAt;

    private static long OfRuns(IReadOnlyList<PeakSample> newestFirst)
    {
        long[] peaks = [.. newestFirst.Select(sample => sample.Peak)];
        long[] recent = peaks[..Math.Min(Recent, peaks.Length)];
        if (peaks.Length < LeastForOutliers) return recent.DefaultIfEmpty(0).Max();
        long median = Median(peaks);
        bool IsOutlier(long peak) => peak / OutlierFactor > median;
        long ordinary = recent.Where(peak => !IsOutlier(peak)).DefaultIfEmpty(median).Max();
        double weight = Math.Min(1, Math.Max(0, peaks.Count(IsOutlier) - 1) / 2.0);
        long excess = recent.Where(IsOutlier).Select(peak => peak - ordinary).DefaultIfEmpty(0).Max();
        return ordinary + (long)(excess * weight);
    }

    private static long Median(long[] values)
    {
        Array.Sort(values);
        return values.Length == 0 ? 0 : values[values.Length / 2];
    }
}
