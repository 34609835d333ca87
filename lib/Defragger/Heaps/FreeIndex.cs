using static Defragger.Heaps.BitSets;
using static Defragger.Heaps.GranuleMap;
using static Defragger.Heaps.Layout;

namespace Defragger.Heaps;

/// <summary>The free index: for each size class where runs of that class start, in address order.</summary>
/// <remarks>An exact class is a set of words (64 granules, 1 KiB): those in which a run of that length starts. Which
/// granules these are is seen in the free bits of the word and its neighbours, all 64 at once, so nothing is counted. The
/// other classes are sets of chunks. Below <see cref="SizeClass.Large"/> a chunk counts its runs by class, and the set
/// changes only when a count leaves or reaches 0; from there on one run of a class at most starts in a chunk. The victim is
/// in no set.</remarks>
internal sealed class FreeIndex(GranuleMap map)
{
    /// <summary>One more set of chunks: those with a page to purge.</summary>
    internal const uint SetPurge = SizeClass.Count - SizeClass.Exact;

    private const int ClassWords = (int)((SizeClass.Count + 63) / 64);

    /// <summary>For each exact class words.</summary>
    internal readonly BitSets Exact = new(SizeClass.Exact);

    /// <summary>For each other class chunks, and <see cref="SetPurge"/>.</summary>
    internal readonly BitSets Inexact = new(SetPurge + 1);

    /// <summary>Which classes have any.</summary>
    private readonly ulong[] _classes = new ulong[ClassWords];

    /// <summary>The run that the index leaves out; Nowhere: there is none.</summary>
    internal GranuleSpan Victim = GranuleSpan.Nowhere;

    internal ReadOnlySpan<ulong> Classes => _classes;

    /// <summary>Makes room for chunks, at least as many as before; what is there stays.</summary>
    internal void Reserve(uint chunks)
    {
        Exact.Reserve(chunks * ChunkWords);
        Inexact.Reserve(chunks);
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

    internal bool ClassHasRun(uint sizeClass) => (_classes[sizeClass / 64] >> (int)(sizeClass % 64) & 1) != 0;

    /// <summary>Puts a word or chunk into a class.</summary>
    private void ClassAdd(BitSets sets, uint set, uint sizeClass, uint at)
    {
        if (sets.SetAdd(set, at)) _classes[sizeClass / 64] |= 1UL << (int)(sizeClass % 64);
    }

    internal void ClassRemove(BitSets sets, uint set, uint sizeClass, uint at)
    {
        if (sets.SetRemove(set, at)) _classes[sizeClass / 64] &= ~(1UL << (int)(sizeClass % 64));
    }

    /// <summary>The granules of a word at which a run in the index of exactly <paramref name="length"/> granules starts, no
    /// more than <see cref="SizeClass.Exact"/>.</summary>
    internal ulong ExactRuns(uint word, uint length)
    {
        ReadOnlySpan<ulong> free = map.FreeAround(word);
        ulong after = free[1] << 1 | free[0] >> 63, afterNext = free[2] << 1 | free[1] >> 63;
        ulong starts = free[1] & ~after, ends = ~free[1] & after, endsNext = ~free[2] & afterNext;
        // A start with an end `length` further on; but the end may be that of a later run.
        ulong found = starts & (ends >> (int)length | endsNext << (int)(WordGranules - length)), runs = 0;
        for (; found != 0; found &= found - 1)
        {
            uint start = GranuleAt(word, LowestBit(found));
            if (map.RunLength(start) == length && start != Victim.Start) runs |= found & (0 - found);
        }
        return runs;
    }

    /// <summary>How many runs of an inexact class below <see cref="SizeClass.Large"/> start in a chunk.</summary>
    private static uint CountGet(ref readonly Chunk chunk, uint sizeClass)
    {
        uint place = sizeClass - SizeClass.Exact;
        return (uint)chunk.Counts[(int)(place / 2)] >> (int)(place % 2 * 4) & 15;
    }

    private static void CountAdd(ref Chunk chunk, uint sizeClass, int number)
    {
        uint place = sizeClass - SizeClass.Exact;
        ref byte counts = ref chunk.Counts[(int)(place / 2)];
        counts = (byte)(counts + number * (1 << (int)(place % 2 * 4)));
    }

    /// <summary>A run that is not the victim has come to be.</summary>
    internal void RunInsert(GranuleSpan run)
    {
        uint sizeClass = SizeClass.Of(run.Length), chunk = ChunkOf(run.Start);
        map.RunTag(run);
        if (sizeClass < SizeClass.Exact)
        {
            ClassAdd(Exact, sizeClass, sizeClass, WordOf(run.Start));
            return;
        }
        if (sizeClass < SizeClass.Large)
        {
            ref Chunk record = ref map.ChunkAt(chunk);
            uint before = CountGet(ref record, sizeClass);
            CountAdd(ref record, sizeClass, 1);
            if (before != 0) return;
        }
        ClassAdd(Inexact, sizeClass - SizeClass.Exact, sizeClass, chunk);
    }

    /// <summary>A run that was not the victim is no more: the free bits already say so.</summary>
    internal void RunRemove(GranuleSpan run)
    {
        uint sizeClass = SizeClass.Of(run.Length), chunk = ChunkOf(run.Start);
        map.Untag(run);
        if (sizeClass < SizeClass.Exact)
        {
            uint word = WordOf(run.Start);
            if (ExactRuns(word, sizeClass + 1) == 0) ClassRemove(Exact, sizeClass, sizeClass, word);
            return;
        }
        if (sizeClass < SizeClass.Large)
        {
            ref Chunk record = ref map.ChunkAt(chunk);
            CountAdd(ref record, sizeClass, -1);
            if (CountGet(ref record, sizeClass) != 0) return;
        }
        ClassRemove(Inexact, sizeClass - SizeClass.Exact, sizeClass, chunk);
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

    /// <summary>The lowest run of an inexact class and of at least <paramref name="least"/> granules that starts in a
    /// chunk; Nowhere: none.</summary>
    internal GranuleSpan RunFind(uint chunk, uint sizeClass, uint least)
    {
        uint word = chunk * ChunkWords, end = word + ChunkWords;
        if (sizeClass >= SizeClass.Large) // longer than the chunk, so it is the one that leaves it
        {
            uint start = map.RunStart(end * WordGranules), length = map.ChunkAt(chunk).Crossing;
            return length >= least ? new GranuleSpan(start, start + length) : GranuleSpan.Nowhere;
        }
        for (; word < end; word++)
            for (ulong starts = map.RunStarts(word); starts != 0; starts &= starts - 1)
            {
                uint start = GranuleAt(word, LowestBit(starts)), length = map.RunLength(start);
                if (length >= least && SizeClass.Of(length) == sizeClass && start != Victim.Start)
                    return new GranuleSpan(start, start + length);
            }
        return GranuleSpan.Nowhere;
    }

    /// <summary>The lowest run of a class that has one.</summary>
    internal GranuleSpan ClassFirst(uint sizeClass)
    {
        if (sizeClass >= SizeClass.Exact)
            return RunFind(Inexact.SetFirst(sizeClass - SizeClass.Exact), sizeClass, SizeClass.Least(sizeClass));
        uint word = Exact.SetFirst(sizeClass), length = sizeClass + 1;
        uint start = GranuleAt(word, LowestBit(ExactRuns(word, length)));
        return new GranuleSpan(start, start + length);
    }
}
