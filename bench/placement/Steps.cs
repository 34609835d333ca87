using Defragger.Traces;

namespace Defragger.Bench.Placement;

/// <summary>A trace as a placement sees it: blocks in granules, each allocated once and released at most once.</summary>
/// <remarks>Prepared beforehand, so that a replay's time is the policy's. What a trace has and a policy has not:
/// a size of 0 takes a granule; a resize to as many granules does nothing, and any other is a new block and then the old
/// one's release; an alignment above 16 makes the block longer by what it could have to skip. A block of the victim is as
/// long as it was allowed to be, up to 8 KiB; a split is two new blocks and then the old one's release. Purges are left
/// out: pages are counted as if each that has nothing live were purged at once.</remarks>
internal sealed class Steps
{
    private Steps(Step[] all, int slots, long livePeak, long liveEnd) =>
        (All, Slots, LivePeak, LiveEnd) = (all, slots, livePeak, liveEnd);

    public Step[] All { get; }

    /// <summary>The number of slots, each of which has at most one block at a time.</summary>
    public int Slots { get; }

    /// <summary>The most bytes, as asked for, that were live at once.</summary>
    public long LivePeak { get; }

    public long LiveEnd { get; }

    /// <summary>What they add up to, for the head of a table.</summary>
    public override string ToString() =>
        $"{All.Length:n0} steps, live peak {LivePeak / 1048576.0:f2} MiB, live end {LiveEnd / 1048576.0:f2} MiB";

    /// <summary>Reads a trace.</summary>
    /// <exception cref="InvalidDataException">A block is larger than a placement can count.</exception>
    public static Steps Read(string path)
    {
        using TraceReader trace = TraceFile.Open(path);
        var builder = new Builder();
        foreach (Operation operation in trace.Operations()) builder.Add(operation);
        return builder.Build();
    }

    /// <summary>A block comes (more than 0 granules) or goes (as many below 0).</summary>
    public readonly record struct Step(int Slot, int Granules);

    private sealed class Builder
    {
        private const long MostGranules = 1 << 28; // 4 GiB
        private const long MostOfVictim = 8192;

        private readonly List<Step> _steps = [];
        private readonly Dictionary<int, Block> _blocks = [];
        private readonly Stack<int> _freeSlots = [];
        private int _slots;
        private long _live;
        private long _peak;

        public void Add(Operation operation)
        {
            for (int i = 0; i < operation.Count; i++) // of a batch
                Add(operation.Kind == OperationKind.AllocateMany
                    ? Operation.Allocate(operation.Slot + i, operation.Size) : Operation.Release(operation.Slot + i));
            bool isTaken = _blocks.TryGetValue(operation.Slot, out Block block);
            switch (operation.Kind)
            {
                case OperationKind.Allocate or OperationKind.AllocateZeroed when !isTaken:
                    Place(operation.Slot, operation.Size, operation.Alignment);
                    break;
                case OperationKind.Resize when isTaken && Granules(operation.Size, 0) == block.Granules:
                    _blocks[operation.Slot] = block with { Size = operation.Size };
                    _live += operation.Size - block.Size;
                    break;
                case OperationKind.Resize when isTaken:
                    Place(operation.Slot, operation.Size, 0);
                    Drop(block);
                    break;
                case OperationKind.Release when isTaken:
                    _blocks.Remove(operation.Slot);
                    Drop(block);
                    break;
                case OperationKind.AllocateVictim when !isTaken && operation.Size >= IPlacement.Granule:
                    Place(operation.Slot, Math.Min(operation.Size, MostOfVictim) / IPlacement.Granule * IPlacement.Granule, 0);
                    break;
                case OperationKind.Split when isTaken && !_blocks.ContainsKey(operation.Other):
                    Split(operation, block);
                    break;
                default: break; // does nothing in any heap
            }
            _peak = Math.Max(_peak, _live);
        }

        public Steps Build() => new([.. _steps], _slots, _peak, _live);

        private static int Granules(long size, long alignment)
        {
            long bytes = Math.Max(size, 1) + Math.Max(alignment - IPlacement.Granule, 0);
            long granules = (bytes + IPlacement.Granule - 1) / IPlacement.Granule;
            return granules <= MostGranules ? (int)granules
                : throw new InvalidDataException($"A block of {size} bytes is more than this simulation places.");
        }

        private void Place(int name, long size, long alignment)
        {
            if (!_freeSlots.TryPop(out int slot)) slot = _slots++;
            var block = new Block(slot, Granules(size, alignment), size);
            _steps.Add(new Step(slot, block.Granules));
            _blocks[name] = block;
            _live += size;
        }

        private void Split(Operation operation, Block block)
        {
            int granules = Granules(block.Size, 0), front = Granules(Math.Min(operation.Size, block.Size), 0);
            if (front == granules) return;
            Place(operation.Slot, operation.Size, 0);
            Place(operation.Other, (granules - front) * (long)IPlacement.Granule, 0);
            Drop(block);
        }

        private void Drop(Block block)
        {
            _steps.Add(new Step(block.Slot, -block.Granules));
            _freeSlots.Push(block.Slot);
            _live -= block.Size;
        }

        private readonly record struct Block(int Slot, int Granules, long Size);
    }
}
