using static Defragger.Heaps.GranuleMap;

namespace Defragger.Heaps;

/// <summary>The free index: for each size class the set of chunks in which a run of that class starts, in address
/// order.</summary>
/// <remarks>A chunk counts its runs of each class, so the set changes only when a count leaves or reaches 0. A class at or
/// above <see cref="SizeClass.Large"/> needs no count: one run of that length at most starts in a chunk. The set is a
/// bitmap with summaries (bit i of a level: word i of the level below is not 0), so that its first or last chunk is found
/// in a step a level.</remarks>
internal sealed class FreeIndex(GranuleMap map)
{
    /// <summary>64^4 chunks are 128 GiB.</summary>
    internal const int Levels = 4;

    /// <summary>One more class in the index: chunks with a page to purge.</summary>
    internal const uint ClassPurge = SizeClass.Count;

    internal const uint NoChunk = uint.MaxValue;

    private const int ClassWords = (int)((SizeClass.Count + 63) / 64);

    /// <summary>Which classes have any chunk.</summary>
    private readonly ulong[] _classes = new ulong[ClassWords];

    /// <summary>Of each level, class by class; the lowest has a bit a chunk.</summary>
    private readonly ulong[][] _words = new ulong[Levels][];

    /// <summary>Words of one class at each level.</summary>
    private readonly uint[] _width = new uint[Levels];

    /// <summary>The highest level in use: there one word a class covers all that is committed.</summary>
    internal int Top { get; private set; }

    internal ReadOnlySpan<ulong> Classes => _classes;

    /// <summary>Makes room for chunks, at least as many as before; what is there stays.</summary>
    internal void Reserve(uint chunks)
    {
        uint items = chunks;
        for (int level = 0; level < Levels; level++)
        {
            uint had = _width[level], width = (items - 1) / 64 + 1;
            var words = new ulong[(ClassPurge + 1) * width];
            for (uint each = 0; each <= ClassPurge && had > 0; each++)
                Array.Copy(_words[level], each * had, words, each * width, had);
            _words[level] = words;
            _width[level] = width;
            items = width;
            if (width == 1) break;
        }
    }

    internal void SetAdd(uint sizeClass, uint chunk)
    {
        uint item = chunk;
        for (int level = 0; ; level++, item /= 64)
        {
            ref ulong word = ref _words[level][sizeClass * _width[level] + item / 64];
            ulong old = word;
            word = old | 1UL << (int)(item % 64);
            if (old != 0) return; // so the levels above know of it
            if (level == Top) break;
        }
        if (sizeClass < SizeClass.Count) _classes[sizeClass / 64] |= 1UL << (int)(sizeClass % 64);
    }

    internal void SetRemove(uint sizeClass, uint chunk)
    {
        uint item = chunk;
        for (int level = 0; ; level++, item /= 64)
        {
            ref ulong word = ref _words[level][sizeClass * _width[level] + item / 64];
            word &= ~(1UL << (int)(item % 64));
            if (word != 0) return;
            if (level == Top) break;
        }
        if (sizeClass < SizeClass.Count) _classes[sizeClass / 64] &= ~(1UL << (int)(sizeClass % 64));
    }

    /// <summary>Puts one more level of summaries on top, when there are more chunks than the levels in use can tell
    /// apart.</summary>
    internal void SetDeepen()
    {
        int below = Top++;
        for (uint each = 0; each <= ClassPurge; each++)
            _words[below + 1][each * _width[below + 1]] = _words[below][each * _width[below]] != 0 ? 1UL : 0;
    }

    /// <summary>The lowest chunk of a class that has one.</summary>
    internal uint SetFirst(uint sizeClass)
    {
        uint item = 0;
        for (int level = Top; level >= 0; level--)
            item = item * 64 + (uint)LowestBit(_words[level][sizeClass * _width[level] + item]);
        return item;
    }

    /// <summary>The lowest chunk of a class that is at or above <paramref name="from"/>.</summary>
    internal uint SetNext(uint sizeClass, uint from)
    {
        uint item = from;
        for (int level = 0; level <= Top && item / 64 < _width[level]; level++)
        {
            int bit = (int)(item % 64);
            ulong rest = _words[level][sizeClass * _width[level] + item / 64] >> bit << bit;
            if (rest == 0)
            {
                item = item / 64 + 1;
                continue;
            }
            item = item / 64 * 64 + (uint)LowestBit(rest);
            while (level-- > 0)
                item = item * 64 + (uint)LowestBit(_words[level][sizeClass * _width[level] + item]);
            return item;
        }
        return NoChunk;
    }

    /// <summary>The highest chunk of a class that is below <paramref name="end"/>.</summary>
    internal uint SetLast(uint sizeClass, uint end)
    {
        uint item = end;
        for (int level = 0; level <= Top && item > 0; level++)
        {
            item--;
            int above = (int)(63 - item % 64);
            ulong rest = _words[level][sizeClass * _width[level] + item / 64] << above >> above;
            if (rest == 0)
            {
                item /= 64;
                continue;
            }
            item = item / 64 * 64 + (uint)HighestBit(rest);
            while (level-- > 0)
                item = item * 64 + (uint)HighestBit(_words[level][sizeClass * _width[level] + item]);
            return item;
        }
        return NoChunk;
    }

    /// <summary>The smallest class at or above <paramref name="sizeClass"/> that has a run;
    /// <see cref="SizeClass.Count"/>: none.</summary>
    internal uint ClassNext(uint sizeClass)
    {
        if (sizeClass >= SizeClass.Count) return SizeClass.Count;
        ulong[] classes = _classes;
        int word = (int)(sizeClass / 64), bit = (int)(sizeClass % 64);
        ulong rest = classes[word] >> bit << bit;
        while (rest == 0 && ++word < classes.Length) rest = classes[word];
        return rest != 0 ? (uint)(word * 64 + LowestBit(rest)) : SizeClass.Count;
    }

    internal bool ClassHas(uint sizeClass) => (_classes[sizeClass / 64] >> (int)(sizeClass % 64) & 1) != 0;

    /// <summary>One class of one level, for reading.</summary>
    internal ReadOnlySpan<ulong> Set(int level, uint sizeClass) =>
        _words[level].AsSpan((int)(sizeClass * _width[level]), (int)_width[level]);

    /// <summary>How many runs of a class below <see cref="SizeClass.Large"/> start in a chunk: modulo 256, which 256 runs
    /// of one granule reach.</summary>
    internal static uint CountGet(ref readonly Chunk chunk, uint sizeClass)
    {
        if (sizeClass < SizeClass.Exact) return chunk.Exact[(int)sizeClass];
        uint place = sizeClass - SizeClass.Exact;
        return (uint)chunk.Medium[(int)(place / 2)] >> (int)(place % 2 * 4) & 15;
    }

    internal void RunInsert(GranuleSpan run)
    {
        uint sizeClass = SizeClass.Of(run.Length), at = ChunkOf(run.Start);
        ref Chunk chunk = ref map.ChunkAt(at);
        map.RunTag(run);
        if (sizeClass < SizeClass.Exact)
        {
            if (chunk.Exact[(int)sizeClass]++ != 0) return;
        }
        else if (sizeClass < SizeClass.Large)
        {
            uint place = sizeClass - SizeClass.Exact, before = CountGet(ref chunk, sizeClass);
            chunk.Medium[(int)(place / 2)] += (byte)(1 << (int)(place % 2 * 4));
            if (before != 0) return;
        }
        SetAdd(sizeClass, at);
    }

    internal void RunRemove(GranuleSpan run)
    {
        uint sizeClass = SizeClass.Of(run.Length), at = ChunkOf(run.Start);
        ref Chunk chunk = ref map.ChunkAt(at);
        map.Untag(run);
        if (sizeClass < SizeClass.Exact)
        {
            if (--chunk.Exact[(int)sizeClass] != 0) return;
        }
        else if (sizeClass < SizeClass.Large)
        {
            uint place = sizeClass - SizeClass.Exact;
            chunk.Medium[(int)(place / 2)] -= (byte)(1 << (int)(place % 2 * 4));
            if (CountGet(ref chunk, sizeClass) != 0) return;
        }
        SetRemove(sizeClass, at);
    }

    /// <summary>The same as RunRemove(run), RunInsert(other): quick when chunk and class stay, as when a long run is eaten
    /// up.</summary>
    internal void RunReplace(GranuleSpan run, GranuleSpan other)
    {
        uint sizeClass = SizeClass.Of(run.Length);
        if (ChunkOf(run.Start) != ChunkOf(other.Start) || sizeClass != SizeClass.Of(other.Length))
        {
            RunRemove(run);
            RunInsert(other);
            return;
        }
        map.Untag(run);
        map.RunTag(other);
    }
}
