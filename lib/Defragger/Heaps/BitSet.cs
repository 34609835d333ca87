using System.Numerics;

namespace Defragger.Heaps;

/// <summary>A family of ordered sets of small numbers: a bitmap a set, and summaries above it (bit i of a level: word i of
/// the level below is not 0), so that the first, the next or the last member is found in a step a level.</summary>
/// <remarks>All sets of a family range over the same numbers. As many levels are in use as the numbers so far need. Unlike
/// C, where the words lie ready for all that the capacity can hold, room is made for more numbers as they come:
/// <see cref="Reserve"/> comes before <see cref="SetsReach"/>.</remarks>
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
            for (uint set = 0; set < count && level.Width > 0; set++)
                Array.Copy(level.Words, set * level.Width, words, set * width, level.Width);
            level.Words = words;
            level.Width = width;
        }
    }

    /// <summary>The words of one set at one level, for reading.</summary>
    internal ReadOnlySpan<ulong> SetWords(int level, uint set) =>
        _levels[level].Words.AsSpan((int)(set * _levels[level].Width), (int)_levels[level].Width);

    /// <summary>True when the set was empty.</summary>
    internal bool SetAdd(uint set, uint number)
    {
        for (int level = 0; ; level++, number /= 64)
        {
            ref ulong word = ref _levels[level].WordOf(set, number);
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
            ref ulong word = ref _levels[level].WordOf(set, number);
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
                _levels[below + 1].WordOf(set, 0) = _levels[below].WordOf(set, 0) != 0 ? 1UL : 0;
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
            ulong rest = _levels[level].WordOf(set, number) >> bit << bit;
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
            ulong rest = _levels[level].WordOf(set, number) << above >> above;
            if (rest == 0)
            {
                number /= 64;
                continue;
            }
            number = number / 64 * 64 + (uint)HighestBit(rest);
            while (level-- > 0)
                number = number * 64 + (uint)HighestBit(_levels[level].Words[set * _levels[level].Width + number]);
            return number;
        }
        return NoMember;
    }

    /// <summary>The lowest number of a level among those that one of the level above stands for.</summary>
    private uint LowestBelow(int level, uint set, uint above) =>
        above * 64 + (uint)LowestBit(_levels[level].Words[set * _levels[level].Width + above]);

    /// <summary>The words of all sets, set by set; the lowest level has a bit a number.</summary>
    private struct Level
    {
        internal ulong[] Words;

        /// <summary>Words of one set.</summary>
        internal uint Width;

        /// <summary>The word that has the bit of a number of this level.</summary>
        internal readonly ref ulong WordOf(uint set, uint number) => ref Words[set * Width + number / 64];
    }
}
