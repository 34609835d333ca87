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
        "a chunk's counts are the numbers of its free runs of each inexact class",
        "the index has a word or chunk in a class exactly if a run of that class starts there",
        "a summary bit is set exactly if its word is not 0",
        "a page with a live granule is dirty",
        "a page is in the purge index exactly if it is whole and dirty and nothing of it is live",
        "the counters are the sums they stand for",
        "the victim is a whole free run",
        "a held granule is a start, and lies on a held page",
        "a held page is committed whole, and nothing of it is free",
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
        HeldOnHeldPages,
        NothingFreeOnHeldPages,
    }

    private enum Kind
    {
        Interior,
        Start,
        Free,
        Held,
    }

    /// <summary>What has been seen up to some granule.</summary>
    private struct Survey
    {
        internal uint Blocks, Runs, Live, Pinned, DirtyFree, Held, HeldPages;
    }

    private static bool Bit(ReadOnlySpan<ulong> words, uint at) => (words[(int)(at / 64)] >> (int)(at % 64) & 1) != 0;

    private Kind KindAt(uint granule) =>
        _holds.HasMemory && Bit(_holds.Granules, granule) ? Kind.Held
        : Bit(_map.StartBits, granule) ? Kind.Start : Bit(_map.FreeBits, granule) ? Kind.Free : Kind.Interior;

    /// <summary>Chunks that there is anything known of: in C, all of the capacity.</summary>
    private uint ChunkCount() => _map.Chunks;

    private static bool InSet(BitSets sets, uint set, uint number) => SetBit(sets, 0, set, number);

    private static bool SetBit(BitSets sets, int level, uint set, uint number) =>
        (sets.SetWord(level, set, number / 64) >> (int)(number % 64) & 1) != 0;

    // --- Granules ---

    private Broken CheckGranules()
    {
        ReadOnlySpan<ulong> starts = _map.StartBits, frees = _map.FreeBits;
        uint words = ChunkCount() * ChunkWords;
        if ((_map.BitsBefore | starts[(int)words] | frees[(int)words]) != 0) return Broken.NothingBeyond;
        for (ulong granule = 0; granule < (ulong)words * WordGranules; granule++)
        {
            bool start = Bit(starts, (uint)granule), free = Bit(frees, (uint)granule);
            bool wall = granule == _map.Limit && _map.Limit % ChunkGranules != 0;
            if (granule >= _map.Limit && (free || start != wall)) return Broken.NothingBeyond;
            if (start && free) return Broken.StartOrFree;
        }
        for (uint granule = 0; granule < _map.Limit; granule++)
            if (KindAt(granule) == Kind.Interior && (granule == 0 || KindAt(granule - 1) >= Kind.Free))
                return Broken.StartsBeginBlocks;
        return Broken.Sound;
    }

    // --- Items: one chunk's notes, counts and place in the index ---

    private uint ItemEnd(uint start)
    {
        Kind kind = KindAt(start), inside = kind >= Kind.Free ? kind : Kind.Interior;
        uint end = start + 1;
        while (end < _map.Limit && KindAt(end) == inside && (kind != Kind.Held || end % PageGranules != 0)) end++;
        return end;
    }

    /// <summary>Runs of a chunk that are in the index: by inexact class, and for each word which exact classes it
    /// has.</summary>
    private readonly ref struct Tally(Span<ushort> inexact, Span<ulong> exact)
    {
        internal readonly Span<ushort> Inexact = inexact;
        internal readonly Span<ulong> Exact = exact;
    }

    private Broken CheckTally(uint chunk, Tally tally)
    {
        ref readonly Chunk record = ref _map.ChunkAt(chunk);
        for (uint set = 0; set < SizeClass.Count - SizeClass.Exact; set++)
        {
            bool counted = set < SizeClass.Large - SizeClass.Exact;
            int noted = counted ? record.Counts[(int)(set / 2)] >> (int)(set % 2 * 4) & 15 : 0;
            if (counted && noted != tally.Inexact[(int)set]) return Broken.CountsAreTrue;
            if (InSet(_index.Inexact, set, chunk) != tally.Inexact[(int)set] > 0) return Broken.IndexIsTrue;
        }
        for (uint word = 0; word < ChunkWords; word++)
            for (uint set = 0; set < SizeClass.Exact; set++)
                if (InSet(_index.Exact, set, chunk * ChunkWords + word) != Bit(tally.Exact[(int)word..], set))
                    return Broken.IndexIsTrue;
        return Broken.Sound;
    }

    private static void TallyRun(Tally tally, uint start, uint length)
    {
        uint sizeClass = SizeClass.Of(length);
        if (sizeClass < SizeClass.Exact)
            tally.Exact[(int)(start / WordGranules % ChunkWords)] |= 1UL << (int)sizeClass;
        else
            tally.Inexact[(int)(sizeClass - SizeClass.Exact)]++;
    }

    private Broken CheckChunk(uint chunk, ref uint next, ref Survey seen)
    {
        var tally = new Tally(
            stackalloc ushort[(int)(SizeClass.Count - SizeClass.Exact)], stackalloc ulong[(int)ChunkWords]);
        ulong beyond = ((ulong)chunk + 1) * ChunkGranules;
        uint crossing = 0;
        while (next < _map.Limit && next < beyond)
        {
            uint start = next, end = ItemEnd(start), length = end - start;
            Kind kind = KindAt(start);
            bool free = kind == Kind.Free, live = kind < Kind.Free;
            if (end > beyond) crossing = length;
            if (free && end > beyond && _map.ChunkAt((end - 1) / ChunkGranules).Entering != start)
                return Broken.NotesAreTrue;
            if (free && start != _index.Victim.Start) TallyRun(tally, start, length);
            seen.Runs += free ? 1u : 0;
            seen.Blocks += live ? 1u : 0;
            seen.Live += live ? length : 0;
            seen.Held += kind == Kind.Held ? length : 0;
            next = end;
        }
        if (_map.ChunkAt(chunk).Crossing != crossing) return Broken.NotesAreTrue;
        return CheckTally(chunk, tally);
    }

    // --- Held pages ---

    private Broken CheckHolds(ref Survey seen)
    {
        for (uint page = 0; _holds.HasMemory && page < ChunkCount() * ChunkPages; page++)
        {
            bool held = Bit(_holds.Pages, page), whole = ((ulong)page + 1) * PageGranules <= _map.Limit;
            seen.HeldPages += held ? 1u : 0;
            for (uint at = page * PageGranules; at / PageGranules == page; at++)
            {
                if (Bit(_holds.Granules, at) && (!held || !Bit(_map.StartBits, at))) return Broken.HeldOnHeldPages;
                if (held && (!whole || Bit(_map.FreeBits, at))) return Broken.NothingFreeOnHeldPages;
            }
        }
        return Broken.Sound;
    }

    // --- Summaries ---

    /// <summary>Whether the bits of a level behind its last number are clear.</summary>
    private static bool TailIsClear(BitSets sets, int level, uint set, uint numbers) =>
        numbers % 64 == 0 || sets.SetWord(level, set, numbers / 64) >> (int)(numbers % 64) == 0;

    private static bool SetIsSound(BitSets sets, uint set, uint numbers, out bool any)
    {
        any = false;
        for (int level = 0; level <= sets.Top; level++)
        {
            if (!TailIsClear(sets, level, set, numbers)) return false;
            for (uint word = 0; word < sets.Width(level) && level < sets.Top; word++)
                if (SetBit(sets, level + 1, set, word) != (sets.SetWord(level, set, word) != 0)) return false;
            any = sets.SetWord(level, set, 0) != 0; // of the top level, in the end
            numbers = sets.Width(level);
        }
        return true;
    }

    private Broken CheckSummaries()
    {
        uint chunks = ChunkCount();
        bool any;
        for (uint each = 0; each < _index.Classes.Length * 64; each++)
        {
            bool sound = true;
            any = false; // of a class that there is not
            if (each < SizeClass.Exact) sound = SetIsSound(_index.Exact, each, chunks * ChunkWords, out any);
            else if (each < SizeClass.Count) sound = SetIsSound(_index.Inexact, each - SizeClass.Exact, chunks, out any);
            if (!sound || any != Bit(_index.Classes, each)) return Broken.SummariesAreTrue;
        }
        bool purge = SetIsSound(_index.Inexact, FreeIndex.SetPurge, chunks, out any);
        return purge ? Broken.Sound : Broken.SummariesAreTrue;
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
            live = live || (granule < _map.Limit && KindAt((uint)granule) < Kind.Free);
        }
        if (live && !dirty) return Broken.LiveIsDirty;
        bool whole = ((ulong)page + 1) * PageGranules <= _map.Limit;
        if (listed != (whole && dirty && !live)) return Broken.PurgeIndexIsTrue;
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
            if (InSet(_index.Inexact, FreeIndex.SetPurge, chunk) != _map.ChunkAt(chunk).Pages >> 4 > 0)
                return Broken.PurgeIndexIsTrue;
        return Broken.Sound;
    }

    private Broken CheckCounters(in Survey seen)
    {
        bool trueSums = _live == seen.Live && _liveBlocks == seen.Blocks && _placement.FreeRuns == seen.Runs &&
                        _pages.Pinned == seen.Pinned && _pages.DirtyFree == seen.DirtyFree && _holds.GranuleCount == seen.Held &&
                        _holds.PageCount == seen.HeldPages && _liveMost >= _live &&
                        _map.Limit <= _capacity;
        return trueSums ? Broken.Sound : Broken.CountersAreTrue;
    }

    private Broken CheckVictim()
    {
        GranuleSpan victim = _index.Victim;
        bool whole = victim.End <= _map.Limit && victim.Start < victim.End && KindAt(victim.Start) == Kind.Free &&
                     (victim.Start == 0 || KindAt(victim.Start - 1) != Kind.Free) &&
                     ItemEnd(victim.Start) == victim.End;
        bool nowhere = victim.Start == uint.MaxValue && victim.End == uint.MaxValue;
        return whole || nowhere ? Broken.Sound : Broken.VictimIsARun;
    }

    /// <inheritdoc/>
    public int Check()
    {
        Survey seen = default;
        uint next = 0;
        Broken broken = CheckGranules();
        if (broken == Broken.Sound) broken = CheckHolds(ref seen);
        if (broken == Broken.Sound) broken = CheckVictim();
        for (uint chunk = 0; broken == Broken.Sound && chunk < ChunkCount(); chunk++)
            broken = CheckChunk(chunk, ref next, ref seen);
        if (broken == Broken.Sound) broken = CheckSummaries();
        if (broken == Broken.Sound) broken = CheckPages(ref seen);
        if (broken == Broken.Sound) broken = CheckCounters(seen);
        return (int)broken;
    }
}
