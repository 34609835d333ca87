using System.Numerics;

namespace Defragger.Bench.Placement;

/// <summary>Lengths in classes: each of 1 to 32 granules has its own, then 8 of equal width share each doubling
/// (33-36, 37-40, ... 61-64, 65-72, ...).</summary>
internal static class SizeClasses
{
    /// <summary>The longest length that has a class of its own.</summary>
    public const int LastExact = 32;

    private const int PerDoubling = 8;

    /// <summary>The class of a length.</summary>
    public static int Of(long length)
    {
        if (length <= LastExact) return (int)length - 1;
        long before = length - 1; // a doubling ends with its power of two
        int doubling = BitOperations.Log2((ulong)before);
        int within = (int)(before >> (doubling - 3)) & (PerDoubling - 1);
        return LastExact + ((doubling - 5) * PerDoubling) + within;
    }
}
