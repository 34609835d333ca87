using System.Numerics;

namespace Defragger.Bench.Placement;

/// <summary>A set of granules in address order: add, remove and "the first from here on" in five steps each.</summary>
/// <remarks>Bits with summaries above them, 64 to 1. Invariant: a bit of level k + 1 is set if and only if its word
/// in level k has a bit. Levels grow with the highest member, so an empty set costs nothing.</remarks>
internal sealed class AddressSet
{
    private const int Levels = 5; // 2^30 granules, 16 GiB

    private readonly ulong[][] _levels = [[], [], [], [], []];

    public bool IsEmpty => Next(0) < 0;

    public void Add(long member)
    {
        for (int level = 0; level < Levels; level++, member >>= 6)
        {
            ref ulong[] words = ref _levels[level];
            if (member >> 6 >= words.Length) Array.Resize(ref words, (int)Math.Max((member >> 6) + 1, 2 * words.Length));
            ulong before = words[member >> 6];
            words[member >> 6] = before | Bit(member);
            if (before != 0) return; // the summary knows
        }
    }

    public void Remove(long member)
    {
        for (int level = 0; level < Levels; level++, member >>= 6)
        {
            if ((_levels[level][member >> 6] &= ~Bit(member)) != 0) return;
        }
    }

    /// <summary>The lowest member from <paramref name="from"/> on; -1 when there is none.</summary>
    public long Next(long from)
    {
        for (int level = 0; level < Levels; level++)
        {
            ulong[] words = _levels[level];
            long word = from >> 6;
            ulong bits = word < words.Length ? words[word] & (ulong.MaxValue << (int)(from & 63)) : 0;
            if (bits != 0) return Descend(level, (word << 6) + BitOperations.TrailingZeroCount(bits));
            from = word + 1;
        }
        return -1;
    }

    private static ulong Bit(long member) => 1UL << (int)(member & 63);

    private long Descend(int level, long member)
    {
        while (level-- > 0) member = (member << 6) + BitOperations.TrailingZeroCount(_levels[level][member]);
        return member;
    }
}
