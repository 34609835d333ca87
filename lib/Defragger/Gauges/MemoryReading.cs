namespace Defragger.Gauges;

/// <summary>Memory at one moment, within the tightest bound that holds for this process.</summary>
/// <param name="Total">What there is to share, in bytes: the machine's memory, or less where a cgroup limits it.</param>
/// <param name="Available">What a new process could still take, in bytes, without swapping.</param>
internal readonly record struct MemoryReading(long Total, long Available)
{
    /// <summary>What cannot be had any more, in bytes. Page cache that can be dropped is not used memory.</summary>
    public long Used => Total - Available;

    /// <summary>Both bounds together: the smaller total, and what neither denies.</summary>
    public MemoryReading Within(MemoryReading other)
    {
        long total = Math.Min(Total, other.Total);
        return new(total, Math.Clamp(Math.Min(Available, other.Available), 0, total));
    }
}

/// <summary>Where memory readings come from.</summary>
internal interface IMemoryGauge
{
    /// <summary>Reads memory now. Costs some tens of microseconds.</summary>
    /// <exception cref="IOException">The kernel's figures cannot be read.</exception>
    MemoryReading Read();
}
