using Defragger.Traces;

namespace Defragger.Tests.Heaps;

/// <summary>All traces up to a length over some sizes: no chance, nothing left out (the idea of exhaustive generation:
/// Boyapati et al., "Korat", 2002). A new block takes the lowest empty slot, since slots are only names.</summary>
internal static class ShortTraces
{
    /// <summary>The traces of exactly <paramref name="longest"/> operations; shorter ones are their beginnings, and a player
    /// compares after every operation.</summary>
    public static IEnumerable<Operation[]> All(int[] sizes, int longest) => Extend([], 0, sizes, longest);

    private static IEnumerable<Operation[]> Extend(Operation[] so, ulong occupied, int[] sizes, int longest)
    {
        if (so.Length == longest)
        {
            yield return so;
            yield break;
        }
        foreach ((Operation next, ulong then) in Next(occupied, sizes))
        {
            foreach (Operation[] whole in Extend([.. so, next], then, sizes, longest)) yield return whole;
        }
    }

    private static IEnumerable<(Operation Next, ulong Occupied)> Next(ulong occupied, int[] sizes)
    {
        int fresh = System.Numerics.BitOperations.TrailingZeroCount(~occupied);
        foreach (int size in sizes) yield return (Operation.Allocate(fresh, size), occupied | 1UL << fresh);
        for (int slot = 0; slot < 8; slot++)
        {
            if ((occupied >> slot & 1) == 0) continue;
            yield return (Operation.Release(slot), occupied & ~(1UL << slot));
            foreach (int size in sizes) yield return (Operation.Resize(slot, size), occupied);
        }
    }
}
