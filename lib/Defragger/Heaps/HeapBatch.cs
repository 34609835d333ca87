// Batches: the same as blocks one by one, with what neighbours have in common done once.
//
// Allocating changes between three sources exactly where it would one by one: the runs of the very length, all that start
// in a word at once; else the victim, of which as many blocks as it holds are one cut; else an ordinary allocation, whose
// rest is the next victim.
//
// Releasing goes from left to right. Blocks that touch are a piece, whose bits change at once. Pieces with nothing but free
// memory between them are one run in the end: the runs that it takes up leave the index as it reaches them, and it enters
// once. Until then no other run of the words looked at is missing from the index, and it is longer than each that it took
// up, so it is never mistaken for one of them.
using Defragger.Views;
using static Defragger.Heaps.GranuleMap;
using static Defragger.Heaps.Layout;

namespace Defragger.Heaps;

public sealed partial class CoalescingHeap
{
    // --- Allocation ---

    /// <summary>Blocks of one length that fill a span: a start bit and an offset each.</summary>
    private void BlocksMark(GranuleSpan span, uint length, Span<long> offsets)
    {
        int count = 0;
        for (uint start = span.Start; start != span.End; start += length)
        {
            _map.StartSet(start);
            _map.BlockTag(new GranuleSpan(start, start + length));
            offsets[count++] = BytesOf(start);
        }
        _liveBlocks += (uint)count;
    }

    /// <summary>Takes runs of exactly <paramref name="length"/> granules, as many as there is room for and all of the word
    /// that has the lowest; how many.</summary>
    private int TakeExact(uint length, Span<long> offsets)
    {
        uint sizeClass = SizeClass.Of(length), word = _index.Exact.SetFirst(sizeClass);
        ulong runs = _index.ExactRuns(word, length);
        int taken = 0;
        for (; runs != 0 && taken < offsets.Length; runs &= runs - 1)
        {
            uint start = GranuleAt(word, BitSets.LowestBit(runs));
            GranuleSpan block = new(start, start + length);
            _map.Untag(block);
            SpanUse(block);
            BlocksMark(block, length, offsets[taken++..]);
        }
        if (runs == 0) _index.ClassRemove(_index.Exact, sizeClass, sizeClass, word);
        _placement.FreeRuns -= (uint)taken;
        return taken;
    }

    /// <summary>Cuts blocks from the victim's front, as many as there is room for; how many.</summary>
    private int CutVictim(uint length, Span<long> offsets)
    {
        GranuleSpan victim = _index.Victim;
        int taken = (int)Math.Min(victim.Length / length, (uint)offsets.Length);
        if (taken == 0) return 0;
        GranuleSpan blocks = new(victim.Start, victim.Start + (uint)taken * length);
        SpanUse(blocks);
        _map.Untag(victim);
        _placement.VictimSet(new GranuleSpan(blocks.End, victim.End));
        if (blocks.End == victim.End) _placement.FreeRuns--;
        BlocksMark(blocks, length, offsets);
        return taken;
    }

    /// <inheritdoc/>
    public HeapStatus AllocateMany(long size, Span<long> offsets, out int allocated)
    {
        bool isShort = GranulesFor(size, out uint length) && length <= SizeClass.Exact;
        HeapStatus status = HeapStatus.Ok;
        allocated = 0;
        while (allocated < offsets.Length && status == HeapStatus.Ok)
        {
            Span<long> rest = offsets[allocated..];
            int taken = 0;
            if (isShort)
                taken = _index.ClassHasRun(SizeClass.Of(length)) ? TakeExact(length, rest) : CutVictim(length, rest);
            if (taken == 0)
            {
                status = AllocateNext(size, offsets[..allocated], out rest[0]);
                taken = status == HeapStatus.Ok ? 1 : 0;
            }
            allocated += taken;
        }
        return status;
    }

    /// <summary>What the world throws must not leave blocks that nobody knows of.</summary>
    private HeapStatus AllocateNext(long size, ReadOnlySpan<long> before, out long offset)
    {
        try
        {
            return Allocate(size, Granule, out offset);
        }
        catch
        {
            foreach (long block in before) Release(block);
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Not beyond its chunk: in C a block that stays in its chunk can be divided by setting a start bit.</remarks>
    public HeapStatus AllocateVictim(long most, out HeapRange range)
    {
        range = default;
        GranuleSpan victim = _index.Victim;
        if (victim.IsEmpty) return HeapStatus.OutOfMemory;
        uint room = ChunkGranules - victim.Start % ChunkGranules;
        uint length = (uint)Math.Clamp(most >> GranuleShift, 0, room);
        if (length == 0) return HeapStatus.InvalidSize;
        length = Math.Min(length, victim.Length);
        Span<long> offset = stackalloc long[1];
        CutVictim(length, offset);
        range = new HeapRange(offset[0], BytesOf(length));
        return HeapStatus.Ok;
    }

    /// <inheritdoc/>
    public HeapStatus Split(long offset, long size)
    {
        HeapStatus status = BlockAt(offset, out GranuleSpan block);
        if (status != HeapStatus.Ok) return status;
        if (!GranulesFor(size, out uint length) || length >= block.Length) return HeapStatus.InvalidSize;
        GranuleSpan front = new(block.Start, block.Start + length), rest = new(front.End, block.End);
        _map.Untag(block);
        _map.BlockTag(front);
        _map.BlockTag(rest);
        _map.StartSet(rest.Start);
        _liveBlocks++;
        return HeapStatus.Ok;
    }

    // --- Release ---

    /// <summary>The run that comes to be: it is free already, but in the index only when it is complete.</summary>
    private ref struct Merge()
    {
        internal GranuleSpan Run = GranuleSpan.Nowhere;

        /// <summary>It took up the victim.</summary>
        internal bool IsVictim = false;
    }

    /// <summary>Takes up a run.</summary>
    private void MergeTake(ref Merge merge, GranuleSpan run)
    {
        _placement.FreeRuns--;
        if (_placement.IsVictim(run))
        {
            merge.IsVictim = true;
            _map.Untag(run);
        }
        else
        {
            _index.RunRemove(run);
        }
    }

    /// <summary>A piece has become free: the first of a run, or one that the run has reached.</summary>
    private void MergePiece(ref Merge merge, GranuleSpan piece)
    {
        bool isFirst = merge.Run.IsEmpty;
        bool joinsLeft = isFirst && _map.IsFreeBefore(piece.Start), joinsRight = _map.IsFree(piece.End);
        GranuleSpan left = new(joinsLeft ? _map.RunStart(piece.Start) : piece.Start, piece.Start);
        GranuleSpan right = new(piece.End, joinsRight ? _map.RunEnd(piece.End) : piece.End);
        _map.FreeFlip(piece);
        _pages.PagesLeave(piece);
        _live -= piece.Length;
        if (joinsLeft) MergeTake(ref merge, left);
        if (joinsRight) MergeTake(ref merge, right);
        merge.Run = new GranuleSpan(isFirst ? left.Start : merge.Run.Start, right.End);
    }

    /// <summary>The run is complete, if there is one.</summary>
    private void MergeEnd(ref Merge merge)
    {
        if (merge.Run.IsEmpty) return;
        _placement.FreeRuns++;
        if (merge.IsVictim) _placement.VictimSet(merge.Run);
        else _index.RunInsert(merge.Run);
        merge = new Merge();
    }

    /// <summary>Makes a piece of the block at the first offset and those of the batch that follow without a gap; how
    /// many.</summary>
    private int PieceEnd(ReadOnlySpan<long> offsets, ref GranuleSpan piece)
    {
        int blocks = 0;
        GranuleSpan block = piece;
        do
        {
            _map.Untag(block);
            piece = new GranuleSpan(piece.Start, block.End);
            blocks++;
        }
        while (blocks < offsets.Length && offsets[blocks] == BytesOf(block.End)
               && BlockAt(offsets[blocks], out block) == HeapStatus.Ok);
        _map.StartsClear(piece);
        _liveBlocks -= (uint)blocks;
        return blocks;
    }

    /// <inheritdoc/>
    public HeapStatus ReleaseMany(ReadOnlySpan<long> offsets, out int released)
    {
        var merge = new Merge();
        HeapStatus status = HeapStatus.Ok;
        released = 0;
        while (released < offsets.Length)
        {
            GranuleSpan piece = default;
            // As C compares them: a negative offset is above all others.
            bool ascends = released == 0 || (ulong)offsets[released] > (ulong)offsets[released - 1];
            status = ascends ? BlockAt(offsets[released], out piece) : HeapStatus.NotAscending;
            if (status != HeapStatus.Ok) break;
            if (merge.Run.End != piece.Start) MergeEnd(ref merge);
            released += PieceEnd(offsets[released..], ref piece);
            MergePiece(ref merge, piece);
        }
        MergeEnd(ref merge);
        return status;
    }
}
