using System.Numerics;

namespace Defragger.Heaps;

/// <summary>A family of ordered sets of small numbers: a bitmap a set, and summaries above it (bit i of a level: word i of
/// the level below is not 0), so that the first, the next or the last member is found in a step a level.</summary>
/// <remarks>
/// <para>All sets of a family range over the same numbers. As many levels are in use as the numbers so far need.</para>
/// <para>The first words of all sets lie together, then all second words, and so on: more numbers are more words at the end.
/// Unlike C, where the words lie ready for all that the capacity can hold, room is made for them as they come:
/// <see cref="Reserve"/> comes before <see cref="SetsReach"/>.</para>
/// </remarks>
internal sealed class BitSets(uint count)
{
    /// <summary>64^5 numbers, more than 2^26 words of granules.</summary>
    internal const int Levels = 5;

    internal const uint NoMember = uint.MaxValue;

    private readonly Level[] _levels = new Level[Levels];

    /// <summary>The highest level in use: there one word a set covers all numbers so far.</summary>
    internal int Top { get; private set; }

    internal static int LowestBit(ulong word) => BitOperations.TrailingZeroCount(word);

    internal static int HighestBit(ulong word) => BitOperations.Log2(word);

    /// <summary>Makes room for numbers, at least as many as before; what is there stays.</summary>
    internal void Reserve(uint numbers)
    {
        uint width = numbers;
        for (int at = 0; at == 0 || width > 1; at++)
        {
            ref Level level = ref _levels[at];
            width = (width - 1) / 64 + 1;
            var words = new ulong[count * width];
            level.Words.AsSpan().CopyTo(words);
            level = new Level(words, width);
        }
    }

    /// <summary>Words of one set at a level.</summary>
    internal uint Width(int level) => _levels[level].Width;

    /// <summary>A word of one set at one level, for reading.</summary>
    internal ref readonly ulong SetWord(int level, uint set, uint word) => ref WordOf(level, set, word);

    private ref ulong WordOf(int level, uint set, uint word) => ref _levels[level].Words[word * count + set];

    /// <summary>True when the set was empty.</summary>
    internal bool SetAdd(uint set, uint number)
    {
        for (int level = 0; ; level++, number /= 64)
        {
            ref ulong word = ref WordOf(level, set, number / 64);
            ulong old = word;
            word = old | 1UL << (int)(number % 64);
            if (old != 0) return false; // so the levels above know of it
            if (level == Top) return true;
        }
    }

    /// <summary>True when the set is empty now.</summary>
    internal bool SetRemove(uint set, uint number)
    {
        for (int level = 0; ; level++, number /= 64)
        {
            ref ulong word = ref WordOf(level, set, number / 64);
            word &= ~(1UL << (int)(number % 64));
            if (word != 0) return false;
            if (level == Top) return true;
        }
    }

    /// <summary>Takes as many levels into use as it takes to tell numbers up to this one apart.</summary>
    internal void SetsReach(uint number)
    {
        while (number >> 6 * (Top + 1) != 0)
        {
            int below = Top++;
            for (uint set = 0; set < count; set++)
                WordOf(below + 1, set, 0) = WordOf(below, set, 0) != 0 ? 1UL : 0;
        }
    }

    /// <summary>The lowest member of a set that is not empty.</summary>
    internal uint SetFirst(uint set)
    {
        uint number = 0;
        for (int level = Top; level >= 0; level--) number = LowestBelow(level, set, number);
        return number;
    }

    /// <summary>The lowest member at or above <paramref name="from"/>, or <see cref="NoMember"/>.</summary>
    internal uint SetNext(uint set, uint from)
    {
        uint number = from;
        for (int level = 0; level <= Top && number / 64 < _levels[level].Width; level++)
        {
            int bit = (int)(number % 64);
            ulong rest = WordOf(level, set, number / 64) >> bit << bit;
            if (rest == 0)
            {
                number = number / 64 + 1;
                continue;
            }
            number = number / 64 * 64 + (uint)LowestBit(rest);
            while (level-- > 0) number = LowestBelow(level, set, number);
            return number;
        }
        return NoMember;
    }

    /// <summary>The highest member below <paramref name="end"/>, or <see cref="NoMember"/>.</summary>
    internal uint SetLast(uint set, uint end)
    {
        uint number = end;
        for (int level = 0; level <= Top && number > 0; level++)
        {
            number--;
            int above = (int)(63 - number % 64);
            ulong rest = WordOf(level, set, number / 64) << above >> above;
            if (rest == 0)
            {
                number /= 64;
                continue;
            }
            number = number / 64 * 64 + (uint)HighestBit(rest);
            while (level-- > 0) number = number * 64 + (uint)HighestBit(WordOf(level, set, number));
            return number;
        }
        return NoMember;
    }

    /// <summary>The lowest number of a level among those that one of the level above stands for.</summary>
    private uint LowestBelow(int level, uint set, uint above) =>
        above * 64 + (uint)LowestBit(WordOf(level, set, above));

    /// <summary>The words of all sets, and how many of them one set has; the lowest level has a bit a number.</summary>
    private readonly record struct Level(ulong[] Words, uint Width);
}
