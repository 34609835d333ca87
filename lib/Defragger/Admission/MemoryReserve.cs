namespace Defragger.Admission;

/// <summary>What must stay free: for the kernel, for others, and for growth between two readings.</summary>
internal static class MemoryReserve
{
    private const long Least = 2L << 30;

    /// <summary>The reserve of a capacity, in bytes: a sixteenth, at least 2 GB, but never more than an eighth.</summary>
    public static long Of(long capacity) => Math.Min(Math.Max(Least, capacity / 16), capacity / 8);
}
