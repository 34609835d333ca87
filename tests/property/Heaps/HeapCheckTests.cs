using Defragger.Heaps;
using Defragger.Views;
using Xunit;

namespace Defragger.Tests.Heaps;

/// <summary>A checker that never says no proves nothing: here each kind of metadata is damaged, one place at a time, and
/// the check has to name the rule that this breaks. The same damages to the heap in C: test/corruption.c of the native
/// project.</summary>
/// <remarks>
/// The heap that is damaged, in granules; a chunk has 512:
/// <code>
///      0  block of 600, over the end of chunk 0
///    600  run of 10
///    610  block of 10
///    620  run of 50
///    670  block of 6
///    676  run of 1024, from chunk 1 to chunk 3
///   1700  block of 512, over the end of chunk 3
///   2212  block of 300
///   2512  the victim, 48, to the end of chunk 4 and of what is committed
///   2560  not committed, but there is room for it in the arrays; the arena ends in chunk 5
/// </code>
/// </remarks>
public sealed class HeapCheckTests
{
    private const uint LongBlock = 0, ShortRun = 600, MediumRun = 620, LongRun = 676, CrossingBlock = 1700;
    private const uint Victim = 2512, Limit = 2560, Chunk = 512;
    private const uint Capacity = (5 * 8192 + 4096 + 64) / 16;
    private const uint Nowhere = uint.MaxValue;

    private static readonly uint s_medium = SizeClass.Of(50), s_most = SizeClass.Of(Capacity);
    private static readonly uint s_word = ShortRun / 64;

    /// <summary>What is damaged, which rule that breaks, and how it is done.</summary>
    private static readonly Dictionary<string, (int Rule, Action<HeapParts> Damage)> s_damages = new()
    {
        // Granules.
        ["a start in a free run"] = (1, heap => heap.FlipStart(ShortRun + 3)),
        ["a free start"] = (1, heap => heap.FlipFree(CrossingBlock)),
        ["a start at the first granule that is not committed"] = (2, heap => heap.FlipStart(Limit)),
        ["a start beyond what is committed"] = (2, heap => heap.FlipStart(Limit + 10)),
        ["a free granule beyond what is committed"] = (2, heap => heap.FlipFree(Limit + 10)),
        ["a start in the word after the last chunk"] = (2, heap => heap.FlipStart(6 * Chunk)),
        ["a free granule in the word after the last chunk"] = (2, heap => heap.FlipFree(6 * Chunk + 63)),
        ["a start in the word before the first chunk"] = (2, heap => heap.FlipStartBefore()),
        ["a free granule in the word before the first chunk"] = (2, heap => heap.FlipFreeBefore()),
        ["a limit inside a chunk, without the start that ends the last item"] = (2, heap => heap.Map.Limit--),
        ["the arena begins inside a block"] = (3, heap => heap.FlipStart(LongBlock)),
        ["a used granule after a run is no start"] = (3, heap => heap.FlipStart(ShortRun + 10)),
        ["a used granule in a run is no start"] = (3, heap => heap.FlipFree(LongRun + 100)),

        // Notes of items that reach over a chunk's end.
        ["a block's length"] = (4, heap => heap.Map.ChunkAt(0).Crossing++),
        ["no length of a block that crosses"] = (4, heap => heap.Map.ChunkAt(0).Crossing = 0),
        ["a run's length"] = (4, heap => heap.Map.ChunkAt(1).Crossing--),
        ["a length where no item begins"] = (4, heap => heap.Map.ChunkAt(2).Crossing = 1),
        ["a run's start"] = (4, heap => heap.Map.ChunkAt(3).Entering++),
        ["a block in two: the first ends in its chunk"] = (4, heap => heap.FlipStart(LongBlock + 100)),

        // Counts.
        ["a count of a run too low"] = (5, heap => heap.FlipCount(1, s_medium, 0)),
        ["a count of a run too high"] = (5, heap => heap.FlipCount(1, s_medium, 1)),
        ["a count of no run, of the first class that is counted"] = (5, heap => heap.FlipCount(1, SizeClass.Exact, 0)),
        ["a count of no run, of the last class that is counted"] = (5, heap => heap.FlipCount(2, SizeClass.Large - 1, 3)),
        ["the victim is counted"] = (5, heap => heap.FlipCount(4, SizeClass.Of(Limit - Victim), 0)),
        ["a run that is shorter than it was counted"] = (5, heap =>
        {
            heap.FlipStart(MediumRun);
            heap.FlipFree(MediumRun);
            heap.FlipFree(MediumRun + 1);
        }),

        // The index.
        ["an exact class loses its word"] = (6, heap => heap.FlipExact(10, s_word)),
        ["an exact class has a word without a run of it"] = (6, heap => heap.FlipExact(10, s_word + 1)),
        ["an exact class has the word of another's run"] = (6, heap => heap.FlipExact(9, s_word)),
        ["an exact class has a word that is not committed"] = (6, heap => heap.FlipExact(SizeClass.Exact, Limit / 64)),
        ["a run of an exact class that is shorter than when it was put there"] = (6, heap =>
        {
            heap.FlipStart(ShortRun);
            heap.FlipFree(ShortRun);
        }),
        ["an inexact class loses its chunk"] = (6, heap => heap.FlipInexact(s_medium, 1)),
        ["an inexact class has a chunk without a run of it"] = (6, heap => heap.FlipInexact(s_medium, 2)),
        ["a large class loses its chunk"] = (6, heap => heap.FlipInexact(SizeClass.Of(1024), 1)),
        ["the largest class has a chunk without a run of it"] = (6, heap => heap.FlipInexact(s_most, 4)),
        ["the victim's class has its chunk"] = (6, heap => heap.FlipInexact(SizeClass.Of(Limit - Victim), 4)),
        ["an exact class with words is said to have none"] = (7, heap => heap.FlipClass(SizeClass.Of(10))),
        ["an inexact class with chunks is said to have none"] = (7, heap => heap.FlipClass(SizeClass.Of(1024))),
        ["a class without chunks is said to have some"] = (7, heap => heap.FlipClass(s_most)),
        ["a class longer than the arena is said to have chunks"] = (7, heap => heap.FlipClass(s_most + 1)),
        ["a class that there is not is said to have chunks"] = (7, heap => heap.FlipClass(SizeClass.Count)),
        ["the last bit of the classes, that there is no class for"] = (7, heap => heap.FlipClass(SizeClass.Count + 1)),
        ["an exact class has a word behind the last"] = (7, heap => heap.FlipExact(10, 6 * Chunk / 64)),
        ["an inexact class has a chunk behind the last"] = (7, heap => heap.FlipInexact(s_medium, 6)),
        ["the purge index has a chunk behind the last"] = (7, heap => heap.FlipPurge(6)),

        // Pages.
        ["a page with a block is clean"] = (8, heap => heap.Map.ChunkAt(0).Pages ^= 0x01),
        ["the purge index has a chunk without a page"] = (9, heap => heap.Map.ChunkAt(2).Pages = 0),
        ["a dirty, free page is not listed"] = (9, heap => heap.Map.ChunkAt(2).Pages ^= 0x20),
        ["a page with a block is listed"] = (9, heap => heap.Map.ChunkAt(0).Pages |= 0x10),
        ["a page beyond what is committed is listed"] = (9, heap => heap.Map.ChunkAt(5).Pages |= 0x11),
        ["a page of which the arena has a part is listed"] = (9, heap => heap.Map.ChunkAt(5).Pages |= 0x22),
        ["the purge index loses a chunk"] = (9, heap => heap.FlipPurge(2)),
        ["the purge index has a chunk too many"] = (9, heap => heap.FlipPurge(4)),

        // Counters.
        ["live granules too few"] = (10, heap => heap.Live--),
        ["live granules too many"] = (10, heap => heap.Live++),
        ["live blocks too few"] = (10, heap => heap.LiveBlocks--),
        ["live blocks too many"] = (10, heap => heap.LiveBlocks++),
        ["free runs too few"] = (10, heap => heap.Placement.FreeRuns--),
        ["free runs too many"] = (10, heap => heap.Placement.FreeRuns++),
        ["pinned pages too few"] = (10, heap => heap.SetPinned(heap.Pages.Pinned - 1)),
        ["pinned pages too many"] = (10, heap => heap.SetPinned(heap.Pages.Pinned + 1)),
        ["dirty, free pages too few"] = (10, heap => heap.SetDirtyFree(heap.Pages.DirtyFree - 1)),
        ["dirty, free pages too many"] = (10, heap => heap.SetDirtyFree(heap.Pages.DirtyFree + 1)),
        ["the most that was live is less than is live"] = (10, heap => heap.LiveMost = heap.Live - 1),
        ["more is committed than there is"] = (10, heap => heap.Capacity = heap.Map.Limit - 100),

        // The victim.
        ["the victim is shorter than its run"] = (11, heap => heap.SetVictim(Victim, Limit - 1)),
        ["the victim is longer than its run"] = (11, heap => heap.SetVictim(Victim, Limit + 1)),
        ["the victim begins inside its run"] = (11, heap => heap.SetVictim(Victim + 1, Limit)),
        ["the victim begins with a block"] = (11, heap => heap.SetVictim(Victim - 1, Limit)),
        ["the victim is a block"] = (11, heap => heap.SetVictim(LongBlock, ShortRun)),
        ["the victim ends before it begins"] = (11, heap => heap.SetVictim(20, 10)),
        ["the victim is the front of a run"] = (11, heap => heap.SetVictim(LongRun, LongRun + 10)),
        ["the victim is in a class"] = (5, heap => heap.SetVictim(MediumRun, MediumRun + 50)),
        ["the victim is in an exact class"] = (6, heap => heap.SetVictim(ShortRun, ShortRun + 10)),
        ["a run is neither victim nor in a class"] = (5, heap => heap.SetVictim(Nowhere, Nowhere)),
        ["no victim, but not Nowhere"] = (11, heap => heap.SetVictim(0, 0)),
        ["the victim's end is nowhere"] = (11, heap => heap.SetVictim(Victim, Nowhere)),
        ["the victim's start is nowhere"] = (11, heap => heap.SetVictim(Nowhere, Limit)),

        // Held pages: page 2, granules 512 to 767, with the ends of three runs in it.
        ["a held granule is no start"] = (12, heap => Held(heap).FlipStart(LongRun)),
        ["a granule is held on a page that is not"] = (12, heap => Held(heap).FlipHeld(LongRun + 300)),
        ["a page with held granules is not held"] = (12, heap => Held(heap).FlipHeldPage(2)),
        ["a held page has a free granule"] = (13, heap => Held(heap).FlipHeldPage(3)),
        ["a held page is not committed"] = (13, heap => Held(heap).FlipHeldPage(Limit / 256)),
        ["a granule of a held page is free"] = (1, heap => Held(heap).FlipFree(LongRun)),
        ["a granule of a block is held"] = (12, heap => Held(heap).FlipHeld(LongBlock + 599)),
        ["a held granule is a block's"] = (10, heap => Held(heap).FlipHeld(LongRun)),
        ["held pages too many"] = (10, heap => Held(heap).Holds.PageCount++),
        ["held granules too many"] = (10, heap => Held(heap).Holds.GranuleCount++),
    };

    public static TheoryData<string> Damages() => [.. s_damages.Keys];

    [Theory]
    [MemberData(nameof(Damages))]
    public void Damage_is_found_and_the_broken_rule_named(string what)
    {
        HeapParts heap = SoundHeap();
        s_damages[what].Damage(heap);
        Assert.Equal(HeapCheck.Rule(s_damages[what].Rule), HeapCheck.Rule(heap.Heap.Check()));
    }

    [Fact]
    public void Every_rule_is_broken_by_some_damage()
    {
        Assert.Equal(Enumerable.Range(1, 13), s_damages.Values.Select(damage => damage.Rule).Distinct().Order());
    }

    [Fact]
    public void A_summary_bit_that_says_the_opposite_of_its_word_is_found()
    {
        // Summaries above the first level, which the small heap does not have.
        HeapParts large = Open(new HeapOptions(100 * 8192));
        while (large.Heap.Allocate(8192, 16, out _) == HeapStatus.Ok) continue;
        Assert.Equal(HeapStatus.Ok, large.Heap.Release(70 * 8192));
        Assert.Equal(HeapStatus.Ok, large.Heap.Resize(71 * 8192, 8192 - 48));
        Assert.Equal(0, large.Heap.Check());
        FreeIndex index = large.Index;
        (BitSets Sets, uint Set)[] damaged =
        [
            (index.Inexact, SizeClass.Of(512) - SizeClass.Exact), (index.Inexact, 0),
            (index.Exact, SizeClass.Of(3)), (index.Exact, SizeClass.Of(4)), (index.Inexact, FreeIndex.SetPurge),
        ];
        foreach ((BitSets sets, uint set) in damaged)
        {
            Assert.Equal(1, sets.Top);
            for (uint bit = 0; bit <= sets.Width(0); bit++) // the last one stands for no word
            {
                HeapParts.Flip(sets, 1, set, bit);
                Assert.Equal(7, large.Heap.Check());
                HeapParts.Flip(sets, 1, set, bit);
            }
        }
        Assert.Equal(0, large.Heap.Check());
    }

    [Fact]
    public void An_arena_that_ends_inside_a_chunk_has_a_start_there_and_nothing_free()
    {
        const uint End = (8192 + 64) / 16;
        HeapParts odd = Open(new HeapOptions(End * 16));
        odd.FlipStart(End);
        Assert.Equal(2, odd.Heap.Check());
        odd.FlipStart(End);
        odd.FlipFree(End);
        Assert.Equal(2, odd.Heap.Check());
        odd.FlipFree(End);
        Assert.Equal(0, odd.Heap.Check());
    }

    [Fact]
    public void The_picture_of_a_damaged_heap_ends_where_no_item_begins()
    {
        HeapParts heap = SoundHeap();
        int items = heap.Heap.Snapshot().Items.Count;
        heap.FlipStart(CrossingBlock);
        HeapSnapshot picture = heap.Heap.Snapshot();
        Assert.Equal(new HeapItem(LongRun * 16, 1024 * 16, false), picture.Items[^1]);
        Assert.Equal(items - 3, picture.Items.Count); // that block, the one behind it, the victim
    }

    private static HeapParts Open(HeapOptions options)
    {
        Assert.Equal(HeapStatus.Ok, CoalescingHeap.TryOpen(options, out CoalescingHeap? heap));
        Assert.Equal(0, heap!.Check());
        return new HeapParts(heap);
    }

    private static HeapParts Held(HeapParts heap)
    {
        Assert.True(heap.Heap.HoldPage(2));
        Assert.Equal(0, heap.Heap.Check());
        return heap;
    }

    private static HeapParts SoundHeap()
    {
        HeapParts parts = Open(new HeapOptions(Capacity * 16, 2 * 8192, new FirstChunks()));
        long[] offsets = new long[8];
        uint[] lengths = [600, 10, 10, 50, 6, 1024, 512, 300];
        for (int each = 0; each < lengths.Length; each++)
            Assert.Equal(HeapStatus.Ok, parts.Heap.Allocate(lengths[each] * 16, 16, out offsets[each]));
        for (int each = 1; each < 6; each += 2) Assert.Equal(HeapStatus.Ok, parts.Heap.Release(offsets[each]));
        Assert.Equal((Limit, 6u), (parts.Map.Limit, parts.Map.Chunks));
        Assert.Equal(new HeapRange(Victim * 16, (Limit - Victim) * 16), parts.Heap.Statistics.Victim);
        Assert.Equal(0, parts.Heap.Check());
        return parts;
    }

    /// <summary>Memory that ends before the arena does.</summary>
    private sealed class FirstChunks : IHeapOutside
    {
        public bool Commit(long offset, long length) => offset + length <= Limit * 16;

        public bool Purge(long offset, long length) => true;

        public void Zero(long offset, long length)
        {
        }
    }
}
