using System.Runtime.CompilerServices;
namespace Defragger.Heaps;

/// <summary>Which free run a request is cut from, and what becomes of the rest: rules 1 to 5 of
/// <see cref="CoalescingHeap"/>.</summary>
internal sealed class Placement(GranuleMap map, FreeIndex index)
{
    /// <summary>Chunks of its own class that a request looks into.</summary>
    private const uint ProbeChunks = 4;

    /// <summary>Runs, the victim among them.</summary>
    internal uint FreeRuns { get; set; }

    internal bool IsVictim(GranuleSpan run) => run.Start == index.Victim.Start;

    /// <summary>The victim changes, or goes: it stays out of the index, but what is noted of long items is noted of it
    /// too.</summary>
    internal void VictimSet(GranuleSpan run)
    {
        index.Victim = run.IsEmpty ? GranuleSpan.Nowhere : run;
        if (!run.IsEmpty) map.RunTag(run);
    }

    /// <summary>The lowest run of the smallest class at or above <paramref name="sizeClass"/> that has one.</summary>
    internal GranuleSpan RunLowest(uint sizeClass)
    {
        sizeClass = index.ClassNext(sizeClass);
        return sizeClass < SizeClass.Count ? index.ClassFirst(sizeClass) : GranuleSpan.Nowhere;
    }

    /// <summary>The first run of a class that fits, in at most <paramref name="probes"/> chunks.</summary>
    private GranuleSpan RunProbe(uint sizeClass, uint length, uint probes)
    {
        GranuleSpan found = GranuleSpan.Nowhere;
        for (uint chunk = index.Inexact.SetNext(sizeClass - SizeClass.Exact, 0);
             chunk != BitSets.NoMember && found.IsEmpty && probes-- > 0;
             chunk = index.Inexact.SetNext(sizeClass - SizeClass.Exact, chunk + 1))
            found = index.RunFind(chunk, sizeClass, length);
        return found;
    }

    /// <summary>Rule 1 as far as most short requests go: a block that is a run of its very length, or the victim's front.
    /// Nowhere: there is neither. The caller marks the block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal GranuleSpan CutShort(uint length)
    {
        uint sizeClass = SizeClass.Of(length);
        GranuleSpan victim = index.Victim;
        if (index.ClassHasRun(sizeClass))
        {
            uint word = index.Exact.SetFirst(sizeClass);
            ulong runs = index.ExactRuns(word, length);
            uint start = GranuleMap.GranuleAt(word, BitSets.LowestBit(runs));
            GranuleSpan found = new(start, start + length);
            map.Untag(found);
            if ((runs & (runs - 1)) == 0) index.ClassRemove(index.Exact, sizeClass, sizeClass, word);
            FreeRuns--;
            return found;
        }
        if (victim.Length < length) return GranuleSpan.Nowhere;
        GranuleSpan block = new(victim.Start, victim.Start + length);
        map.Untag(victim);
        VictimSet(new GranuleSpan(block.End, victim.End));
        if (block.End == victim.End) FreeRuns--;
        return block;
    }

    /// <summary>Rules 2 and 3.</summary>
    internal GranuleSpan RunForLong(uint length)
    {
        uint sizeClass = SizeClass.Of(length), victim = index.Victim.Length;
        GranuleSpan found =
            sizeClass < SizeClass.Exact ? GranuleSpan.Nowhere : RunProbe(sizeClass, length, ProbeChunks);
        if (found.IsEmpty) found = RunLowest(sizeClass < SizeClass.Exact ? sizeClass : sizeClass + 1);
        if (victim >= length && (found.IsEmpty || victim < found.Length)) return index.Victim;
        return found.IsEmpty && sizeClass >= SizeClass.Exact ? RunProbe(sizeClass, length, uint.MaxValue) : found;
    }

    /// <summary>Rule 4; the block's granules are not free any more.</summary>
    internal void RunCut(GranuleSpan run, GranuleSpan block, bool isShort)
    {
        GranuleSpan front = new(run.Start, block.Start), rest = new(block.End, run.End);
        bool hasFront = !front.IsEmpty, hasRest = !rest.IsEmpty;
        FreeRuns += (hasFront ? 1u : 0) + (hasRest ? 1u : 0) - 1;
        if (IsVictim(run))
        {
            map.Untag(run);
            VictimSet(rest);
        }
        else if (!hasRest)
        {
            index.RunRemove(run);
        }
        else if (isShort)
        {
            index.RunRemove(run);
            if (!index.Victim.IsEmpty) index.RunInsert(index.Victim);
            VictimSet(rest);
        }
        else if (hasFront)
        {
            index.RunRemove(run);
            index.RunInsert(rest);
        }
        else
        {
            index.RunReplace(run, rest);
        }
        if (hasFront) index.RunInsert(front);
    }

    /// <summary>Rule 5: granules have become free, and are one run with the free runs before and behind them (which may be
    /// empty).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void RunJoin(GranuleSpan left, GranuleSpan right)
    {
        GranuleSpan run = new(left.Start, right.End);
        bool joinsLeft = !left.IsEmpty, joinsRight = !right.IsEmpty;
        FreeRuns += 1 - (joinsLeft ? 1u : 0) - (joinsRight ? 1u : 0);
        if (joinsLeft && IsVictim(left))
        {
            map.Untag(left);
            if (joinsRight) index.RunRemove(right);
            VictimSet(run);
        }
        else if (joinsRight && IsVictim(right))
        {
            map.Untag(right);
            if (joinsLeft) index.RunRemove(left);
            VictimSet(run);
        }
        else if (joinsRight)
        {
            if (joinsLeft) index.RunRemove(left);
            index.RunReplace(right, run);
        }
        else if (joinsLeft)
        {
            index.RunReplace(left, run);
        }
        else
        {
            index.RunInsert(run);
        }
    }

    /// <summary>Granules that are in no block become free: they join the runs on either side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SpanJoin(GranuleSpan span)
    {
        bool joinsLeft = map.IsFreeBefore(span.Start), joinsRight = map.IsFree(span.End);
        GranuleSpan left = new(joinsLeft ? map.RunStart(span.Start) : span.Start, span.Start);
        GranuleSpan right = new(span.End, joinsRight ? map.RunEnd(span.End) : span.End);
        map.FreeFlip(span);
        RunJoin(left, right);
    }
}
