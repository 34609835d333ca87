using System.Globalization;
using System.Text;
using Defragger.Heaps;
using Defragger.Traces;
using Defragger.Views;

namespace Defragger.Tests.Heaps;

/// <summary>What lib/Defragger.Native/test/replay prints of a trace (its --print form), from the model.</summary>
internal sealed class ReplayText
{
    private readonly IHeap _heap;
    private readonly ArenaOutside _outside;
    private readonly Dictionary<int, long> _slots = [];
    private readonly StringBuilder _text = new();

    private ReplayText(IHeap heap, ArenaOutside outside) => (_heap, _outside) = (heap, outside);

    /// <summary>The text, or null when the heap cannot be opened.</summary>
    public static string? Of(Trace trace)
    {
        using HeapSubject model = HeapSubject.Model(trace);
        if (model.Heap == null) return null;
        var replay = new ReplayText(model.Heap, model.Outside);
        for (int i = 0; i < trace.Operations.Count; i++)
            replay._text.Append(CultureInfo.InvariantCulture, $"{i} {replay.Step(trace.Operations[i])}\n");
        HeapStatistics end = model.Heap.Statistics;
        replay._text.Append(
            CultureInfo.InvariantCulture,
            $"""
            end capacity={end.Capacity} committed={end.Committed} live_blocks={end.LiveBlocks} live={end.Live} free={end.Free} free_least={end.FreeLeast} largest_free={end.LargestFree} free_runs={end.FreeRuns} victim_offset={end.Victim.Offset} victim_length={end.Victim.Length} pinned={end.Pinned} dirty_free={end.DirtyFree} held={end.Held}

            """);
        return replay._text.ToString();
    }

    private string Step(Operation operation)
    {
        bool occupied = _slots.TryGetValue(operation.Slot, out long block);
        switch (operation.Kind)
        {
            case OperationKind.Allocate when !occupied:
                return Allocated(operation.Slot, _heap.Allocate(operation.Size, operation.Alignment, out long offset), offset);
            case OperationKind.AllocateZeroed when !occupied:
                return Allocated(operation.Slot, _heap.AllocateZeroed(operation.Size, out offset), offset);
            case OperationKind.Release when occupied:
                _slots.Remove(operation.Slot);
                return $"{(int)_heap.Release(block)} {block}";
            case OperationKind.Resize when occupied:
                HeapStatus status = _heap.Resize(block, operation.Size);
                if (status != HeapStatus.NoRoom) return $"{(int)status} {block}";
                HeapStatus found = _heap.Allocate(operation.Size, 16, out offset);
                if (found == HeapStatus.Ok) _heap.Release(block);
                return $"{(int)status} {Allocated(operation.Slot, found, offset)}";
            case OperationKind.AllocateMany:
                return AllocateMany([.. Slots(operation).Where(slot => !_slots.ContainsKey(slot))], operation.Size);
            case OperationKind.ReleaseMany:
                return ReleaseMany([.. Slots(operation).Where(_slots.ContainsKey).OrderBy(slot => _slots[slot])]);
            case OperationKind.AllocateVictim when !occupied:
                status = _heap.AllocateVictim(operation.Size, out HeapRange range);
                string text = Allocated(operation.Slot, status, range.Offset);
                return status == HeapStatus.Ok ? $"{text} {range.Length}" : text;
            case OperationKind.Split when occupied && !_slots.ContainsKey(operation.Other):
                return Split(operation, block);
            case OperationKind.Purge:
                return $"0 {_heap.Purge(operation.Size * 4096)}";
            case OperationKind.Hold:
                return $"0 {(_heap.HoldPage((int)Math.Min(operation.Size, int.MaxValue)) ? 1 : 0)}";
            case OperationKind.Restore:
                return $"0 {(_heap.RestorePage((int)Math.Min(operation.Size, int.MaxValue)) ? 1 : 0)}";
            case OperationKind.Merge when operation.Size is >= 2 and <= 16:
                return Merge((int)operation.Size);
            case OperationKind.Refuse:
                _outside.Refusals = operation.Size;
                return "0 -";
            default:
                return "- -";
        }
    }

    private string Merge(int members)
    {
        int[] pages = [.. Enumerable.Range(0, (int)(_heap.Statistics.Committed / 4096))], groupOf = new int[pages.Length];
        MergePlan plan = _heap.PlanMerges(pages, new MergeLimits(members, 8, 256), groupOf);
        foreach (int page in pages)
            if (groupOf[page] >= 0) _heap.HoldPage(page);
        return $"0 {string.Join(' ', [.. groupOf, plan.Groups, plan.Members, plan.Mappings])}";
    }

    private static IEnumerable<int> Slots(Operation operation) => Enumerable.Range(operation.Slot, operation.Count);

    private string AllocateMany(int[] slots, long size)
    {
        if (slots.Length == 0) return "- -";
        long[] offsets = new long[slots.Length];
        HeapStatus status = _heap.AllocateMany(size, offsets, out int count);
        for (int i = 0; i < count; i++) _slots[slots[i]] = offsets[i];
        return count == 0 ? $"{(int)status} -" : $"{(int)status} {string.Join(' ', offsets.Take(count))}";
    }

    private string ReleaseMany(int[] slots)
    {
        if (slots.Length == 0) return "- -";
        long[] offsets = [.. slots.Select(slot => _slots[slot])];
        foreach (int slot in slots) _slots.Remove(slot);
        return $"{(int)_heap.ReleaseMany(offsets, out _)} {string.Join(' ', offsets)}";
    }

    private string Split(Operation operation, long block)
    {
        HeapStatus status = _heap.Split(block, operation.Size);
        if (status != HeapStatus.Ok) return $"{(int)status} {block}";
        _heap.UsableSize(block, out long length);
        _slots[operation.Other] = block + length;
        return $"0 {block} {block + length}";
    }

    private string Allocated(int slot, HeapStatus status, long offset)
    {
        if (status != HeapStatus.Ok) return $"{(int)status} -";
        _slots[slot] = offset;
        return $"0 {offset}";
    }
}
