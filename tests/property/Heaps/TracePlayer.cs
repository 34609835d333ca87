using Defragger.Heaps;
using Defragger.Traces;
using Defragger.Views;

namespace Defragger.Tests.Heaps;

/// <summary>Plays a trace on several heaps at once and compares them after every operation: status, offset, what was asked
/// of the memory, the whole snapshot, and each heap's own check. Blocks are filled with a pattern and verified.</summary>
/// <remarks>The first heap is the yardstick. Offsets are equal as long as nothing differs, so one table of slots serves.</remarks>
internal sealed class TracePlayer
{
    private readonly HeapSubject[] _subjects;
    private readonly Dictionary<int, Block> _slots = [];
    private HeapRange[] _batch = []; // the blocks of the last one, as they came or in address order; the parts of a split
    private byte _fresh;

    private readonly record struct Block(long Offset, long Size, byte Pattern);

    private sealed class DifferenceException(string what) : Exception(what);

    private TracePlayer(HeapSubject[] subjects) => _subjects = subjects;

    /// <summary>Null, or the first difference: which operation, which heap, what.</summary>
    public static string? Play(Trace trace, HeapCases? cases, params Func<Trace, HeapSubject>[] heaps)
    {
        HeapSubject[] subjects = [.. heaps.Select(make => make(trace))];
        var player = new TracePlayer(subjects);
        int step = -1;
        try
        {
            player.Compare("open", subject => subject.Opened);
            if (subjects[0].Opened != HeapStatus.Ok) return null;
            player.CompareState();
            foreach (Operation operation in trace.Operations)
            {
                step++;
                HeapStatistics before = subjects[0].Heap!.Statistics;
                HeapStatus? status = player.Step(operation);
                player.CompareState();
                if (status is not HeapStatus known || cases == null) continue;
                cases.Count(operation, known, before, subjects[0].Heap!.Statistics);
                if (operation.Kind == OperationKind.Split && known == HeapStatus.Ok) cases.CountSplit(player._batch);
                if (operation.Count > 0) cases.CountBatch(operation, known, player._batch, before, subjects[0].Heap!.Snapshot());
            }
            return null;
        }
        catch (DifferenceException e)
        {
            return step < 0 ? $"opened: {e.Message}" : $"operation {step + 1}, '{trace.Operations[step]}': {e.Message}";
        }
        finally
        {
            foreach (HeapSubject subject in subjects) subject.Dispose();
        }
    }

    /// <summary>Carries out one operation; null when it does nothing.</summary>
    private HeapStatus? Step(Operation operation)
    {
        bool occupied = _slots.TryGetValue(operation.Slot, out Block block);
        switch (operation.Kind)
        {
            case OperationKind.Allocate or OperationKind.AllocateZeroed when !occupied:
                return Allocate(operation);
            case OperationKind.Resize when occupied:
                return Resize(operation, block);
            case OperationKind.Release when occupied:
                Verify(block);
                _slots.Remove(operation.Slot);
                return Compare("release", subject => subject.Heap!.Release(block.Offset));
            case OperationKind.AllocateMany:
                return AllocateMany(operation);
            case OperationKind.ReleaseMany:
                return ReleaseMany(operation);
            case OperationKind.AllocateVictim when !occupied:
                return AllocateVictim(operation);
            case OperationKind.Split when occupied && !_slots.ContainsKey(operation.Other):
                return Split(operation, block);
            case OperationKind.Purge:
                long most = operation.Size > long.MaxValue / 4096 ? long.MaxValue : operation.Size * 4096;
                Compare("bytes purged", subject => subject.Heap!.Purge(most));
                return HeapStatus.Ok;
            case OperationKind.Hold:
                return Compare("hold", subject => subject.Heap!.HoldPage((int)Math.Min(operation.Size, int.MaxValue)))
                    ? HeapStatus.Ok : HeapStatus.NoRoom;
            case OperationKind.Restore:
                return Compare("restore", subject => subject.Heap!.RestorePage((int)Math.Min(operation.Size, int.MaxValue)))
                    ? HeapStatus.Ok : HeapStatus.NoRoom;
            case OperationKind.Merge when operation.Size is >= 2 and <= 16:
                return Merge((int)operation.Size);
            case OperationKind.Refuse:
                foreach (HeapSubject subject in _subjects) subject.Outside.Refusals = operation.Size;
                return HeapStatus.Ok;
            default:
                return null;
        }
    }

    private HeapStatus Allocate(Operation operation)
    {
        bool zeroed = operation.Kind == OperationKind.AllocateZeroed;
        (HeapStatus status, long offset) = Compare("allocate", subject => zeroed
            ? (subject.Heap!.AllocateZeroed(operation.Size, out long at), at)
            : (subject.Heap!.Allocate(operation.Size, operation.Alignment, out at), at));
        if (status != HeapStatus.Ok) return status;
        if (offset % Math.Max(operation.Alignment, 16) != 0) throw new DifferenceException($"{offset} is not aligned to {operation.Alignment}");
        Fill(operation.Slot, new Block(offset, operation.Size, ++_fresh), zeroed);
        return status;
    }

    private HeapStatus? AllocateMany(Operation operation)
    {
        int[] slots = [.. Slots(operation).Where(slot => !_slots.ContainsKey(slot))];
        if (slots.Length == 0) return null;
        long[] offsets = [];
        (HeapStatus status, int count, _) = Compare("allocate many", subject =>
        {
            offsets = new long[slots.Length];
            HeapStatus status = subject.Heap!.AllocateMany(operation.Size, offsets, out int count);
            return (status, count, string.Join(' ', offsets.Take(count)));
        });
        if (count == slots.Length != (status == HeapStatus.Ok)) throw new DifferenceException($"{count} blocks and {status}");
        _batch = [.. offsets.Take(count).Select(offset => new HeapRange(offset, operation.Size))];
        for (int i = 0; i < count; i++) Fill(slots[i], new Block(offsets[i], operation.Size, ++_fresh), mustBeZero: false);
        return status;
    }

    private HeapStatus? ReleaseMany(Operation operation)
    {
        int[] slots = [.. Slots(operation).Where(_slots.ContainsKey).OrderBy(slot => _slots[slot].Offset)];
        if (slots.Length == 0) return null;
        foreach (int slot in slots) Verify(_slots[slot]);
        _batch = [.. slots.Select(slot => new HeapRange(_slots[slot].Offset, Usable(_slots[slot])))];
        foreach (int slot in slots) _slots.Remove(slot);
        long[] offsets = [.. _batch.Select(block => block.Offset)];
        // Either form of a batch; the trace is the same, so that it can be replayed and shrunk.
        if (operation.Slot % 2 != 0) return ReleaseStarts(offsets);
        (HeapStatus status, int count) = Compare("release many", subject => (subject.Heap!.ReleaseMany(offsets, out int count), count));
        if (count != slots.Length) throw new DifferenceException($"{count} blocks of {slots.Length} released");
        return status;
    }

    private HeapStatus ReleaseStarts(long[] offsets)
    {
        BlockStarts[] words = BlockWords.Of(offsets);
        (HeapStatus status, int count) = Compare("release starts", subject => (subject.Heap!.ReleaseStarts(words, out int count), count));
        if (count != words.Length) throw new DifferenceException($"{count} words of {words.Length} released");
        return status;
    }

    private HeapStatus AllocateVictim(Operation operation)
    {
        (HeapStatus status, HeapRange range) = Compare("allocate the victim", subject =>
            (subject.Heap!.AllocateVictim(operation.Size, out HeapRange range), range));
        if (status == HeapStatus.Ok) Fill(operation.Slot, new Block(range.Offset, range.Length, ++_fresh), mustBeZero: false);
        return status;
    }

    private HeapStatus Split(Operation operation, Block block)
    {
        long had = Usable(block);
        HeapStatus status = Compare("split", subject => subject.Heap!.Split(block.Offset, operation.Size));
        Verify(block);
        if (status != HeapStatus.Ok) return status;
        Block front = block with { Size = operation.Size };
        long length = Usable(front);
        Block rest = new(block.Offset + length, had - length, ++_fresh);
        Fill(operation.Slot, front, mustBeZero: false);
        Fill(operation.Other, rest, mustBeZero: false);
        _batch = [new HeapRange(front.Offset, length), new HeapRange(rest.Offset, rest.Size)];
        return status;
    }

    /// <summary>Merges all pages that can be, on paper: each of a group holds the live granules of all afterwards, so that
    /// blocks with the wrong bytes show it when they are looked at.</summary>
    private HeapStatus Merge(int members)
    {
        int[] pages = [.. Enumerable.Range(0, (int)(_subjects[0].Heap!.Statistics.Committed / 4096))];
        int[] groupOf = [];
        MergePlan plan = Compare("plan", subject =>
        {
            groupOf = new int[pages.Length];
            MergePlan plan = subject.Heap!.PlanMerges(pages, new MergeLimits(members, 8, 256), groupOf);
            return (plan, string.Join(' ', groupOf));
        }).plan;
        foreach (IGrouping<int, int> group in pages.Where(page => groupOf[page] >= 0).GroupBy(page => groupOf[page]))
        {
            foreach (int page in group)
                if (!Compare("hold a member", subject => subject.Heap!.HoldPage(page))) throw new DifferenceException($"page {page} cannot be held");
            foreach (HeapSubject subject in _subjects) MergeMemory(subject, [.. group]);
        }
        return plan.Members > 0 ? HeapStatus.Ok : HeapStatus.NoRoom;
    }

    private static void MergeMemory(HeapSubject subject, int[] pages)
    {
        byte[] merged = new byte[4096];
        foreach (int page in pages)
        {
            PageBits live = subject.Heap!.PageLive(page);
            for (int granule = 0; granule < 256; granule++)
                if (live.Has(granule)) subject.Outside.Memory.AsSpan((page * 4096) + (granule * 16), 16).CopyTo(merged.AsSpan(granule * 16));
        }
        foreach (int page in pages) merged.CopyTo(subject.Outside.Memory.AsSpan(page * 4096));
    }

    private static IEnumerable<int> Slots(Operation operation) => Enumerable.Range(operation.Slot, operation.Count);

    private HeapStatus Resize(Operation operation, Block block)
    {
        Verify(block);
        HeapStatus status = Compare("resize", subject => subject.Heap!.Resize(block.Offset, operation.Size));
        Block moved = block with { Size = Math.Min(block.Size, operation.Size) };
        if (status == HeapStatus.NoRoom)
        {
            // As realloc does: a new block, the content, the end of the old one.
            (HeapStatus found, long offset) = Compare("allocate to move", subject => (subject.Heap!.Allocate(operation.Size, 16, out long at), at));
            if (found != HeapStatus.Ok) return found;
            foreach (HeapSubject subject in _subjects)
                subject.Outside.Memory.AsSpan((int)block.Offset, (int)moved.Size).CopyTo(subject.Outside.Memory.AsSpan((int)offset));
            Compare("release the moved", subject => subject.Heap!.Release(block.Offset));
            moved = moved with { Offset = offset };
        }
        else if (status != HeapStatus.Ok)
        {
            return status;
        }
        Verify(moved);
        Fill(operation.Slot, moved with { Size = operation.Size }, mustBeZero: false);
        return status;
    }

    private void Fill(int slot, Block block, bool mustBeZero)
    {
        foreach (HeapSubject subject in _subjects)
        {
            Span<byte> memory = Payload(subject, block);
            if (mustBeZero && memory.ContainsAnyExcept((byte)0)) throw new DifferenceException($"{subject.Name}: the block is not zero");
            memory.Fill(block.Pattern);
        }
        _slots[slot] = block;
        long usable = Usable(block);
        if (usable < block.Size || usable >= Math.Max(block.Size, 1) + 16) throw new DifferenceException($"{usable} bytes usable of {block.Size}");
    }

    private long Usable(Block block) =>
        Compare("usable size", subject => (subject.Heap!.UsableSize(block.Offset, out long size), size)).size;

    private void Verify(Block block)
    {
        foreach (HeapSubject subject in _subjects)
        {
            if (Payload(subject, block).ContainsAnyExcept(block.Pattern))
                throw new DifferenceException($"{subject.Name}: the content of the block at {block.Offset} has changed");
        }
    }

    private static Span<byte> Payload(HeapSubject subject, Block block) => subject.Outside.Memory.AsSpan((int)block.Offset, (int)block.Size);

    private T Compare<T>(string what, Func<HeapSubject, T> ask)
    {
        T expected = ask(_subjects[0]);
        foreach (HeapSubject subject in _subjects.AsSpan(1))
        {
            T actual = ask(subject);
            if (!EqualityComparer<T>.Default.Equals(expected, actual))
                throw new DifferenceException($"{what}: {_subjects[0].Name} says {expected}, {subject.Name} says {actual}");
        }
        return expected;
    }

    private void CompareState()
    {
        foreach (HeapSubject subject in _subjects)
        {
            if (subject.Heap!.Check() is not 0 and int rule) throw new DifferenceException($"{subject.Name}: invariant {rule} is broken: {HeapCheck.Rule(rule)}");
        }
        HeapSubject first = _subjects[0];
        HeapSnapshot expected = first.Heap!.Snapshot();
        foreach (HeapSubject subject in _subjects.AsSpan(1))
        {
            if (!subject.Outside.Calls.SequenceEqual(first.Outside.Calls))
                throw new DifferenceException($"asked of the memory: {first.Name} {Last(first)}, {subject.Name} {Last(subject)}");
            HeapSnapshot actual = subject.Heap!.Snapshot();
            if (expected.Statistics != actual.Statistics) throw new DifferenceException($"{first.Name} {expected.Statistics}, {subject.Name} {actual.Statistics}");
            if (!expected.Equals(actual)) throw new DifferenceException($"the snapshots of {first.Name} and {subject.Name} differ");
        }
        foreach (HeapSubject subject in _subjects) subject.Outside.Calls.Clear();
        Compare("the purge plan", subject => (subject.Heap!.TryPurgeNext(long.MaxValue, long.MaxValue, out HeapRange range), range));
    }

    private static string Last(HeapSubject subject) => string.Join(' ', subject.Outside.Calls);
}
