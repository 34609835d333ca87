namespace Defragger.Traces;

/// <summary>Events at addresses become operations on slots.</summary>
internal sealed class RecordedSlots
{
    private readonly Dictionary<ulong, int> _slotAt = [];
    private readonly PriorityQueue<int, int> _free = new();
    private readonly List<long> _sizes = []; // of each slot that was ever taken; 0: it is free
    private readonly List<Operation> _operations = [];
    private long _live;

    public IReadOnlyList<Operation> Operations => _operations;

    /// <summary>The most bytes, in whole granules, that were live at once.</summary>
    public long MostLive { get; private set; }

    /// <summary>Adds the event that comes next in the order of all threads.</summary>
    public void Add(RecordedThread thread, RecordedEvent next)
    {
        bool got = next.Kind is not (RecordedEventKind.Release or RecordedEventKind.Leave);
        if (got && _slotAt.Remove(next.Granule, out int forgotten)) End(forgotten);
        switch (next.Kind)
        {
            case RecordedEventKind.Release:
                if (_slotAt.Remove(next.Granule, out int released)) End(released);
                break;
            case RecordedEventKind.Leave:
                thread.InFlight = _slotAt.Remove(next.Granule, out int left) ? left : null;
                break;
            case RecordedEventKind.Arrive when thread.InFlight is int slot:
                Put(slot, next);
                _operations.Add(Operation.Resize(slot, next.Size));
                break;
            default:
                int taken = Take();
                Put(taken, next);
                _operations.Add(next.Kind == RecordedEventKind.AllocateZeroed
                    ? Operation.AllocateZeroed(taken, next.Size)
                    : Operation.Allocate(taken, next.Size, Math.Max(next.Alignment, Operation.DefaultAlignment)));
                break;
        }
    }

    private int Take()
    {
        if (_free.TryDequeue(out int slot, out _)) return slot;
        _sizes.Add(0);
        return _sizes.Count - 1;
    }

    private void Put(int slot, RecordedEvent next)
    {
        _slotAt.Add(next.Granule, slot);
        Resize(slot, Math.Max(1, next.Size));
    }

    private void End(int slot)
    {
        Resize(slot, 0);
        _free.Enqueue(slot, slot);
        _operations.Add(Operation.Release(slot));
    }

    private void Resize(int slot, long size)
    {
        long whole = (size + Trace.GranuleSize - 1) / Trace.GranuleSize * Trace.GranuleSize;
        _live += whole - _sizes[slot];
        MostLive = Math.Max(MostLive, _live);
        _sizes[slot] = whole;
    }
}
