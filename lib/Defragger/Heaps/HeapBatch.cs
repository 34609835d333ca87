// Batches: the same as blocks one by one, with what neighbours have in common done once.
//
// Allocating changes between three sources exactly where it would one by one: the runs of the very length, all that start
// in a word at once; else the victim, of which as many blocks as it holds are one cut; else an ordinary allocation, whose
// rest is the next victim.
//
// Releasing goes from left to right, a word of the bits at a time. Blocks that touch are a piece, whose bits change at once.
// Pieces with nothing but free memory between them are one run in the end: the runs that it takes up leave the index as it
// reaches them, and it enters once. Until then no other run of the words looked at is missing from the index, and it is
// longer than each that it took up, so it is never mistaken for one of them.
using System.Numerics;
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

    /// <summary>A batch on its way: the run that comes to be, and behind it a piece whose blocks are gone and whose
    /// granules are not free yet.</summary>
    private ref struct Releasing()
    {
        internal Merge Merge = new();
        internal GranuleSpan Piece = GranuleSpan.Nowhere;
    }

    private void PieceEnd(ref Releasing releasing)
    {
        GranuleSpan piece = releasing.Piece;
        if (piece.IsEmpty) return;
        if (releasing.Merge.Run.End != piece.Start) MergeEnd(ref releasing.Merge);
        MergePiece(ref releasing.Merge, piece);
        releasing.Piece = GranuleSpan.Nowhere;
    }

    private void PieceAdd(ref Releasing releasing, GranuleSpan span)
    {
        if (releasing.Piece.End != span.Start)
        {
            PieceEnd(ref releasing);
            releasing.Piece = span;
        }
        releasing.Piece = new GranuleSpan(releasing.Piece.Start, span.End);
    }

    /// <summary>The granules of a word that belong to blocks which start in it. Adding the first granule behind a start to
    /// all that lies inside of blocks carries on to the block's end, and turns what it passes.</summary>
    private static ulong BlocksAt(ulong starts, ulong stops)
    {
        ulong inside = ~stops, behind = starts << 1 & inside;
        return starts | (((inside + behind) ^ inside) & inside);
    }

    /// <summary>The first of the pieces that lie in a word; the last one may end behind it.</summary>
    private static GranuleSpan PieceNext(ref ulong gone, uint first, uint end)
    {
        int at = BitSets.LowestBit(gone), length = BitSets.LowestBit(~(gone >> at));
        gone &= gone + (gone & (0 - gone));
        return new GranuleSpan(first + (uint)at, at + length >= WordGranules ? end : first + (uint)(at + length));
    }

    /// <summary>Ends the pieces of a word that touches held pages: what lies there is held, and the rest are pieces of
    /// their own. False: it touches none.</summary>
    private bool PiecesEndHeld(ref Releasing releasing, ulong gone, uint first, uint end)
    {
        if (!_holds.Touches(new GranuleSpan(first, end))) return false;
        PieceEnd(ref releasing);
        while (gone != 0)
        {
            GranuleSpan rest = PieceNext(ref gone, first, end);
            while (!rest.IsEmpty)
            {
                GranuleSpan front = _holds.SpanFront(rest, out bool held);
                rest = new GranuleSpan(front.End, rest.End);
                if (held)
                {
                    SpanFreeHeld(front);
                    continue;
                }
                PieceAdd(ref releasing, front);
                PieceEnd(ref releasing);
            }
        }
        return true;
    }

    /// <summary>Takes away the blocks that start at some granules of a word, all of them starts of blocks.</summary>
    private void WordRelease(ref Releasing releasing, uint word, ulong starts)
    {
        uint first = GranuleAt(word, 0), end = first + WordGranules;
        ulong gone = BlocksAt(starts, _map.StartBits[(int)word] | _map.FreeAt(word));
        if (gone >> ((int)WordGranules - 1) != 0)
        {
            // The last block may go on.
            uint last = first + (uint)BitSets.HighestBit(starts);
            end = _map.BlockEnd(last);
            _map.Untag(new GranuleSpan(last, end));
        }
        _map.StartsClear(word, starts);
        _liveBlocks -= (uint)BitOperations.PopCount(starts);
        if (_holds.Any && PiecesEndHeld(ref releasing, gone, first, end)) return;
        while (gone != 0) PieceAdd(ref releasing, PieceNext(ref gone, first, end));
    }

    /// <summary>Those of some granules of a word at which no block starts.</summary>
    private ulong NoStarts(uint word, ulong starts) => starts & (~_map.StartBits[(int)word] | _holds.HeldOf(word));

    private HeapStatus NoStart(uint granule) =>
        _map.IsFree(granule) || _holds.IsHeld(granule) ? HeapStatus.AlreadyFree : HeapStatus.InsideBlock;

    /// <inheritdoc/>
    public HeapStatus ReleaseMany(ReadOnlySpan<long> offsets, out int released)
    {
        var releasing = new Releasing();
        HeapStatus status = HeapStatus.Ok;
        released = 0;
        while (released < offsets.Length && status == HeapStatus.Ok)
        {
            // As C counts: a negative offset is above all others, and in a word that is not there.
            uint word = (uint)((ulong)offsets[released] / (ulong)BytesOf(WordGranules));
            ulong starts = 0;
            for (int next = released; next < offsets.Length && status == HeapStatus.Ok; next++)
            {
                ulong offset = (ulong)offsets[next];
                if (next > 0 && offset <= (ulong)offsets[next - 1]) status = HeapStatus.NotAscending;
                else if (offset % Granule != 0 || offset >> GranuleShift >= _map.Limit) status = HeapStatus.NotInHeap;
                else if (offset / (ulong)BytesOf(WordGranules) != word) break;
                else starts |= 1UL << BitOf((uint)(offset >> GranuleShift));
            }
            ulong wrong = starts == 0 ? 0 : NoStarts(word, starts);
            starts &= (wrong & (0 - wrong)) - 1;
            if (starts != 0) WordRelease(ref releasing, word, starts);
            released += BitOperations.PopCount(starts);
            if (wrong == 0) continue;
            PieceEnd(ref releasing);
            status = NoStart(GranuleAt(word, BitSets.LowestBit(wrong)));
        }
        PieceEnd(ref releasing);
        MergeEnd(ref releasing.Merge);
        return status;
    }

    /// <summary>Whether a word comes after the one before it and within what is committed.</summary>
    private HeapStatus PlaceCheck(ReadOnlySpan<BlockStarts> words, int at)
    {
        ulong offset = (ulong)words[at].Offset, starts = words[at].Starts;
        if (at > 0 && offset <= (ulong)words[at - 1].Offset) return HeapStatus.NotAscending;
        ulong last = offset + (starts == 0 ? 0 : (ulong)BytesOf((uint)BitSets.HighestBit(starts)));
        bool isThere = offset % (ulong)BytesOf(WordGranules) == 0 && last >= offset && last < (ulong)BytesOf(_map.Limit);
        return isThere ? HeapStatus.Ok : HeapStatus.NotInHeap;
    }

    /// <inheritdoc/>
    public HeapStatus ReleaseStarts(ReadOnlySpan<BlockStarts> words, out int released)
    {
        var releasing = new Releasing();
        HeapStatus status = HeapStatus.Ok;
        released = 0;
        while (released < words.Length && (status = PlaceCheck(words, released)) == HeapStatus.Ok)
        {
            uint word = (uint)(words[released].Offset / BytesOf(WordGranules));
            ulong starts = words[released].Starts, wrong = NoStarts(word, starts);
            if (wrong != 0)
            {
                PieceEnd(ref releasing);
                status = NoStart(GranuleAt(word, BitSets.LowestBit(wrong)));
                break;
            }
            if (starts != 0) WordRelease(ref releasing, word, starts);
            released++;
        }
        PieceEnd(ref releasing);
        MergeEnd(ref releasing.Merge);
        return status;
    }
}
