using System.Globalization;

namespace Defragger.Compare;

/// <summary>From this much used memory on, no more than these workers.</summary>
/// <param name="Level">Used memory from which the tier holds.</param>
/// <param name="Workers">The most workers while it holds; at least 1.</param>
internal readonly record struct MemoryTier(MemorySize Level, int Workers)
{
    /// <summary>Makes a tier of its two texts.</summary>
    /// <exception cref="FormatException">The level is no amount, or the workers are no whole number above zero.</exception>
    public static MemoryTier Create(string level, string workers) =>
        int.TryParse(workers, NumberStyles.Integer, CultureInfo.InvariantCulture, out int count) && count >= 1
            ? new MemoryTier(MemorySize.Parse(level), count)
            : throw new FormatException(
                $"The tier '{level}' allows '{workers}' workers; write a whole number, 1 or more.");

    /// <summary>Says what makes no sense in a list of tiers; null when it is a good one.</summary>
    public static string? Fault(IReadOnlyList<MemoryTier> tiers)
    {
        // Shares and amounts cannot be put in order without a machine; within each kind more memory must mean fewer workers.
        foreach (MemoryTier low in tiers)
        {
            foreach (MemoryTier high in tiers)
            {
                bool above = low.Level.Share > 0 && high.Level.Share > low.Level.Share
                    || low.Level.Bytes > 0 && high.Level.Bytes > low.Level.Bytes;
                if (above && high.Workers > low.Workers)
                {
                    return $"The tier '{high.Level}' allows {high.Workers} workers, more than the {low.Workers} of the lower tier "
                        + $"'{low.Level}'; more used memory must allow fewer.";
                }
            }
        }
        return null;
    }

    /// <summary>Tiers for a machine whose user named none.</summary>
    /// <remarks>At 1/2, 5/8, 3/4 and 7/8 of the memory: the levels (32, 40, 48 and 56 of 64 GB) of the run that this
    /// command was made for, as shares. Workers fall to three quarters, half, a quarter and one.</remarks>
    public static MemoryTier[] Default(int cores) =>
    [
        new(MemorySize.Of(0.5), Math.Max(1, cores * 3 / 4)),
        new(MemorySize.Of(0.625), Math.Max(1, cores / 2)),
        new(MemorySize.Of(0.75), Math.Max(1, cores / 4)),
        new(MemorySize.Of(0.875), 1),
    ];
}
