namespace Defragger.History;

/// <summary>One run of a case that came to its end.</summary>
/// <param name="Ended">When it ended.</param>
/// <param name="Peak">The most memory it held, in bytes.</param>
/// <param name="Duration">Wall-clock time.</param>
/// <remarks>The history keeps times to the microsecond.</remarks>
public readonly record struct PeakSample(DateTimeOffset Ended, long Peak, TimeSpan Duration)
{
    /// <summary>The same as it is kept: in UTC, times cut to the microsecond.</summary>
    internal PeakSample Kept() => this with
    {
        Ended = new DateTimeOffset(Cut(Ended.UtcTicks), TimeSpan.Zero),
        Duration = TimeSpan.FromTicks(Cut(Duration.Ticks)),
    };

    private static long Cut(long ticks) => ticks - (ticks % TimeSpan.TicksPerMicrosecond);
}
