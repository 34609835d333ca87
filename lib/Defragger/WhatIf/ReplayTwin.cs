using Defragger.Heaps;
using Defragger.Traces;

namespace Defragger.WhatIf;

/// <summary>The same replay by the heap in C#: slower, in memory, and for the figures of our heap alone. What it finds must be
/// what the program in C found, to the byte.</summary>
internal sealed class ReplayTwin
{
    /// <summary>The most operations that are replayed so: they are in memory, at 40 bytes each.</summary>
    public const int MostOperations = 10_000_000;

    private const long Capacity = 16L << 30, Growth = 64 * 1024, MappingLeast = 1 << 20;

    private readonly CoalescingHeap _heap;
    private readonly Dictionary<int, Block> _blocks = [];
    private long _mapped;

    private ReplayTwin()
    {
        HeapStatus status = CoalescingHeap.TryOpen(new HeapOptions(Capacity, Growth), out CoalescingHeap? heap);
        _heap = status == HeapStatus.Ok ? heap! : throw new InvalidOperationException($"The heap does not open: {status}.");
    }

    /// <summary>What is held and live after so many operations.</summary>
    public readonly record struct Figures(long Operations, long Live, long Held);

    private readonly record struct Block(long Offset, long Size, bool IsMapping);

    private long Held => _heap.Pinned + _mapped;

    /// <summary>Replays a trace and says in what it differs from a report; null: in nothing.</summary>
    public static string? Compare(Trace trace, ReplayReport report, CancellationToken stop)
    {
        (List<Figures> figures, long peak) = Replay(trace.Operations, [.. report.Moments.Select(moment => moment.Operations)], stop);
        if (peak != report.PeakPinned) return $"the peak is {peak} bytes in C#, and {report.PeakPinned} in C";
        for (int i = 0; i < report.Moments.Count; i++)
        {
            TraceMoment moment = report.Moments[i];
            var expected = new Figures(moment.Operations, moment.Live, moment.Held[PolicyName.Defragger]);
            if (i >= figures.Count || figures[i] != expected)
                return $"after {moment.Operations} operations it is {(i < figures.Count ? figures[i] : "over")} in C#, and {expected} in C";
        }
        return null;
    }

    /// <summary>Replays operations and tells the figures at some of them.</summary>
    /// <param name="operations">What programs ask: no purges, refusals, victims or splits.</param>
    /// <param name="moments">Numbers of operations that did something, ascending.</param>
    /// <param name="stop">Ends it.</param>
    internal static (List<Figures> Figures, long Peak) Replay(IReadOnlyList<Operation> operations, IReadOnlyList<long> moments, CancellationToken stop)
    {
        var twin = new ReplayTwin();
        var figures = new List<Figures>();
        long done = 0, live = 0, peak = 0;
        Look();
        foreach (Operation operation in Single(operations))
        {
            if (twin.Carry(operation) is not long change) continue;
            live += change;
            done++;
            peak = Math.Max(peak, twin.Held);
            Look();
            if (done % 65536 == 0) stop.ThrowIfCancellationRequested();
        }
        return (figures, peak);

        void Look()
        {
            if (figures.Count < moments.Count && done == moments[figures.Count]) figures.Add(new Figures(done, live, twin.Held));
        }
    }

    // A batch is what its blocks are one by one.
    private static IEnumerable<Operation> Single(IEnumerable<Operation> operations)
    {
        foreach (Operation operation in operations)
        {
            if (operation.Count == 0) yield return operation;
            for (int i = 0; i < operation.Count; i++)
            {
                yield return operation.Kind == OperationKind.AllocateMany
                    ? Operation.Allocate(operation.Slot + i, operation.Size) : Operation.Release(operation.Slot + i);
            }
        }
    }

    // By how much the live bytes changed; null: there was nothing to do.
    private long? Carry(Operation operation)
    {
        bool isTaken = _blocks.TryGetValue(operation.Slot, out Block block);
        switch (operation.Kind)
        {
            case OperationKind.Allocate or OperationKind.AllocateZeroed when !isTaken:
                _blocks[operation.Slot] = Place(operation.Size, operation.Alignment);
                return operation.Size;
            case OperationKind.Release when isTaken:
                _blocks.Remove(operation.Slot);
                Release(block);
                return -block.Size;
            case OperationKind.Resize when isTaken:
                _blocks[operation.Slot] = Resize(block, operation.Size);
                return operation.Size - block.Size;
            default:
                return null;
        }
    }

    private Block Resize(Block block, long size)
    {
        if (!block.IsMapping && !IsMapping(size, Operation.DefaultAlignment) && _heap.Resize(block.Offset, size) == HeapStatus.Ok)
            return block with { Size = size };
        Block moved = Place(size, Operation.DefaultAlignment);
        Release(block);
        return moved;
    }

    private Block Place(long size, long alignment)
    {
        if (IsMapping(size, alignment))
        {
            _mapped += WholePages(size);
            return new Block(0, size, IsMapping: true);
        }
        HeapStatus status = _heap.Allocate(size, alignment, out long offset);
        return status == HeapStatus.Ok ? new Block(offset, size, IsMapping: false)
            : throw new InvalidOperationException($"The heap has no place for {size} bytes: {status}.");
    }

    private void Release(Block block)
    {
        if (block.IsMapping) _mapped -= WholePages(block.Size);
        else if (_heap.Release(block.Offset) is not HeapStatus.Ok and HeapStatus status)
            throw new InvalidOperationException($"The heap does not know its block at {block.Offset}: {status}.");
    }

    private static bool IsMapping(long size, long alignment) => size >= MappingLeast || alignment > Layout.Page;

    private static long WholePages(long size) => (Math.Max(size, 1) + Layout.Page - 1) / Layout.Page * Layout.Page;
}
