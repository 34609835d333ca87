using static Defragger.Heaps.Layout;

namespace Defragger.Heaps;

/// <summary>The checker: computes from the granules' bits alone, one by one, what everything else has to be. It shares no
/// verb with the code that it checks but the size classes.</summary>
public static class HeapCheck
{
    private static readonly string[] s_rules =
    [
        "no invariant is broken",
        "a granule is not both start and free",
        "granules beyond what is committed are neither start nor free",
        "a used granule that follows a free one is a start",
        "the notes on an item that reaches over a chunk's end are true",
        "a chunk's counts are the numbers of its free runs by class",
        "the index has a chunk in a class exactly if a run of that class starts there",
        "a summary bit is set exactly if its word is not 0",
        "a page with a live granule is dirty",
        "a page is in the purge index exactly if it is dirty and free",
        "the counters are the sums they stand for",
        "the victim is empty, or a whole free run",
    ];

    /// <summary>The text of an invariant, for people.</summary>
    public static string Rule(int number) =>
        number >= 0 && number < s_rules.Length ? s_rules[number] : "no rule has this number";
}

public sealed partial class CoalescingHeap
{
    private enum Broken
    {
        Sound,
        StartOrFree,
        NothingBeyond,
        StartsBeginBlocks,
        NotesAreTrue,
        CountsAreTrue,
        IndexIsTrue,
        SummariesAreTrue,
        LiveIsDirty,
        PurgeIndexIsTrue,
        CountersAreTrue,
        VictimIsARun,
    }

    private enum Kind
    {
        Interior,
        Start,
        Free,
    }

    /// <summary>What has been seen up to some granule.</summary>
    private struct Survey
    {
        internal uint Blocks, Runs, Live, Pinned, DirtyFree;
    }

    private static bool Bit(ReadOnlySpan<ulong> words, uint at) => (words[(int)(at / 64)] >> (int)(at % 64) & 1) != 0;

    private Kind KindAt(uint granule)
    {
        ref readonly ChunkBits bits = ref _map.BitsAt(granule / ChunkGranules);
        uint at = granule % ChunkGranules;
        return Bit(bits.Start, at) ? Kind.Start : Bit(bits.Free, at) ? Kind.Free : Kind.Interior;
    }

    /// <summary>Chunks that there is anything known of: in C, all of the capacity.</summary>
    private uint ChunkCount() => _map.Chunks;

    private bool InSet(uint sizeClass, uint chunk) => Bit(_index.Set(0, sizeClass), chunk);

    // --- Granules ---

    private Broken CheckGranules()
    {
        for (uint chunk = 0; chunk < ChunkCount(); chunk++)
            for (uint at = 0; at < ChunkGranules; at++)
            {
                ulong granule = (ulong)chunk * ChunkGranules + at;
                ref readonly ChunkBits bits = ref _map.BitsAt(chunk);
                bool start = Bit(bits.Start, at), free = Bit(bits.Free, at);
                bool wall = granule == _map.Limit && _map.Limit % ChunkGranules != 0;
                if (granule >= _map.Limit && (free || start != wall)) return Broken.NothingBeyond;
                if (start && free) return Broken.StartOrFree;
            }
        for (uint granule = 0; granule < _map.Limit; granule++)
            if (KindAt(granule) == Kind.Interior && (granule == 0 || KindAt(granule - 1) == Kind.Free))
                return Broken.StartsBeginBlocks;
        return Broken.Sound;
    }

    // --- Items: one chunk's notes, counts and place in the index ---

    private uint ItemEnd(uint start)
    {
        Kind inside = KindAt(start) == Kind.Free ? Kind.Free : Kind.Interior;
        uint end = start + 1;
        while (end < _map.Limit && KindAt(end) == inside) end++;
        return end;
    }

    private bool CountsMatch(uint chunk, ReadOnlySpan<ushort> counts)
    {
        ref readonly Chunk record = ref _map.ChunkAt(chunk);
        for (uint each = 0; each < SizeClass.Large; each++)
        {
            uint place = each - SizeClass.Exact;
            uint noted = each < SizeClass.Exact
                ? record.Exact[(int)each]
                : (uint)record.Medium[(int)(place / 2)] >> (int)(place % 2 * 4) & 15;
            if (noted != (counts[(int)each] & (each < SizeClass.Exact ? 255 : 15))) return false;
        }
        return true;
    }

    private Broken CheckChunk(uint chunk, ref uint next, ref Survey seen)
    {
        Span<ushort> counts = stackalloc ushort[(int)SizeClass.Count];
        ulong beyond = ((ulong)chunk + 1) * ChunkGranules;
        uint crossing = 0;
        while (next < _map.Limit && next < beyond)
        {
            uint start = next, end = ItemEnd(start), length = end - start;
            bool free = KindAt(start) == Kind.Free;
            if (end > beyond) crossing = length;
            if (free && end > beyond && _map.ChunkAt((end - 1) / ChunkGranules).Entering != start)
                return Broken.NotesAreTrue;
            if (free && (start != _placement.Victim.Start || start == _placement.Victim.End)) // in no class: the victim
                counts[(int)SizeClass.Of(length)]++;
            seen.Runs += free ? 1u : 0;
            seen.Blocks += free ? 0 : 1u;
            seen.Live += free ? 0 : length;
            next = end;
        }
        if (_map.ChunkAt(chunk).Crossing != crossing) return Broken.NotesAreTrue;
        if (!CountsMatch(chunk, counts)) return Broken.CountsAreTrue;
        for (uint each = 0; each < SizeClass.Count; each++)
            if (InSet(each, chunk) != counts[(int)each] > 0) return Broken.IndexIsTrue;
        return Broken.Sound;
    }

    // --- Summaries ---

    private Broken CheckSummaries()
    {
        for (uint each = 0; each <= FreeIndex.ClassPurge; each++)
            for (int level = 0; level <= _index.Top; level++)
            {
                ReadOnlySpan<ulong> words = _index.Set(level, each);
                int used = level < _index.Top ? words.Length : 1;
                for (int word = 0; word < used; word++)
                {
                    bool above = level < _index.Top
                        ? Bit(_index.Set(level + 1, each), (uint)word)
                        : each == FreeIndex.ClassPurge ? words[word] != 0 : Bit(_index.Classes, each);
                    if (above != (words[word] != 0)) return Broken.SummariesAreTrue;
                }
            }
        return Broken.Sound;
    }

    // --- Pages ---

    private Broken CheckPage(uint page, ref Survey seen)
    {
        byte pages = _map.ChunkAt(page / ChunkPages).Pages;
        bool dirty = (pages >> (int)(page % ChunkPages) & 1) != 0;
        bool listed = (pages >> (int)(4 + page % ChunkPages) & 1) != 0, live = false;
        for (uint at = 0; at < PageGranules; at++)
        {
            ulong granule = (ulong)page * PageGranules + at;
            live = live || (granule < _map.Limit && KindAt((uint)granule) != Kind.Free);
        }
        if (live && !dirty) return Broken.LiveIsDirty;
        if (listed != (dirty && !live)) return Broken.PurgeIndexIsTrue;
        seen.Pinned += live ? 1u : 0;
        seen.DirtyFree += listed ? 1u : 0;
        return Broken.Sound;
    }

    private Broken CheckPages(ref Survey seen)
    {
        for (uint page = 0; page < ChunkCount() * ChunkPages; page++)
        {
            Broken broken = CheckPage(page, ref seen);
            if (broken != Broken.Sound) return broken;
        }
        for (uint chunk = 0; chunk < ChunkCount(); chunk++)
            if (InSet(FreeIndex.ClassPurge, chunk) != _map.ChunkAt(chunk).Pages >> 4 > 0)
                return Broken.PurgeIndexIsTrue;
        return Broken.Sound;
    }

    private Broken CheckCounters(in Survey seen)
    {
        bool trueSums = _live == seen.Live && _liveBlocks == seen.Blocks && _placement.FreeRuns == seen.Runs &&
                        _pages.Pinned == seen.Pinned && _pages.DirtyFree == seen.DirtyFree && _liveMost >= _live &&
                        _map.Limit <= _capacity;
        return trueSums ? Broken.Sound : Broken.CountersAreTrue;
    }

    private Broken CheckVictim()
    {
        GranuleSpan victim = _placement.Victim;
        bool whole = victim.End <= _map.Limit && victim.Start < victim.End && KindAt(victim.Start) == Kind.Free &&
                     (victim.Start == 0 || KindAt(victim.Start - 1) != Kind.Free) &&
                     ItemEnd(victim.Start) == victim.End;
        return whole || victim.IsEmpty ? Broken.Sound : Broken.VictimIsARun;
    }

    /// <inheritdoc/>
    public int Check()
    {
        Survey seen = default;
        uint next = 0;
        Broken broken = CheckGranules();
        if (broken == Broken.Sound) broken = CheckVictim();
        for (uint chunk = 0; broken == Broken.Sound && chunk < ChunkCount(); chunk++)
            broken = CheckChunk(chunk, ref next, ref seen);
        if (broken == Broken.Sound) broken = CheckSummaries();
        if (broken == Broken.Sound) broken = CheckPages(ref seen);
        if (broken == Broken.Sound) broken = CheckCounters(seen);
        return (int)broken;
    }
}
