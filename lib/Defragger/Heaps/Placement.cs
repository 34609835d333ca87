namespace Defragger.Heaps;

/// <summary>Which free run a request is cut from, and what becomes of the rest: rules 1 to 5 of
/// <see cref="CoalescingHeap"/>.</summary>
internal sealed class Placement(GranuleMap map, FreeIndex index)
{
    /// <summary>Chunks of its own class that a request looks into.</summary>
    private const uint ProbeChunks = 4;

    private static GranuleSpan NoRun => default;

    /// <summary>Empty (start is end): there is none.</summary>
    internal GranuleSpan Victim { get; private set; }

    /// <summary>Runs, the victim among them.</summary>
    internal uint FreeRuns { get; private set; }

    private bool IsVictim(GranuleSpan run) => run.Start == Victim.Start && run.End == Victim.End;

    /// <summary>The lowest run of the smallest class at or above <paramref name="sizeClass"/> that has one.</summary>
    private GranuleSpan RunLowest(uint sizeClass)
    {
        sizeClass = index.ClassNext(sizeClass);
        return sizeClass < SizeClass.Count
            ? map.RunFind(index.SetFirst(sizeClass), sizeClass, SizeClass.Least(sizeClass))
            : NoRun;
    }

    /// <summary>The first run of a class that fits, in at most <paramref name="probes"/> chunks.</summary>
    private GranuleSpan RunProbe(uint sizeClass, uint length, uint probes)
    {
        GranuleSpan found = NoRun;
        for (uint chunk = index.SetNext(sizeClass, 0);
             chunk != FreeIndex.NoChunk && found.End == 0 && probes-- > 0;
             chunk = index.SetNext(sizeClass, chunk + 1))
            found = map.RunFind(chunk, sizeClass, length);
        return found;
    }

    /// <summary>Rule 1.</summary>
    internal GranuleSpan RunForShort(uint length)
    {
        uint sizeClass = SizeClass.Of(length);
        if (index.ClassHas(sizeClass)) return map.RunFind(index.SetFirst(sizeClass), sizeClass, length);
        if (Victim.Length >= length) return Victim;
        return RunLowest(sizeClass + 1);
    }

    /// <summary>Rules 2 and 3.</summary>
    internal GranuleSpan RunForLong(uint length)
    {
        uint sizeClass = SizeClass.Of(length), victim = Victim.Length;
        GranuleSpan found = sizeClass < SizeClass.Exact ? NoRun : RunProbe(sizeClass, length, ProbeChunks);
        if (found.End == 0) found = RunLowest(sizeClass < SizeClass.Exact ? sizeClass : sizeClass + 1);
        if (victim >= length && (found.End == 0 || victim < found.Length)) return Victim;
        return found.End == 0 && sizeClass >= SizeClass.Exact ? RunProbe(sizeClass, length, uint.MaxValue) : found;
    }

    /// <summary>A free run that was the victim changes: it stays the victim.</summary>
    private void VictimSet(GranuleSpan run)
    {
        Victim = run;
        if (!run.IsEmpty) map.RunTag(run);
    }

    /// <summary>Rule 4. The caller marks the block.</summary>
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
            if (!Victim.IsEmpty) index.RunInsert(Victim);
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

    /// <summary>Rule 5: granules become free, and one run with the free runs before and behind them (which may be
    /// empty).</summary>
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
}
