namespace Defragger.Bench.Placement;

/// <summary>Verifies that a policy gives no granule twice, and is given back what it gave.</summary>
internal sealed class PlacementCheck(IPlacement heap) : IPlacement
{
    private readonly Dictionary<long, long> _lengths = [];
    private bool[] _taken = new bool[1 << 16];

    public long Allocate(long granules)
    {
        long start = heap.Allocate(granules);
        if (start < 0) throw new InvalidOperationException($"A block begins below the arena, at {start}.");
        if (start + granules > _taken.Length)
            Array.Resize(ref _taken, checked((int)Math.Max(start + granules, 2L * _taken.Length)));
        Span<bool> block = _taken.AsSpan((int)start, (int)granules);
        int overlap = block.IndexOf(true);
        if (overlap >= 0)
            throw new InvalidOperationException($"A block of {granules} at {start} overlaps another at {start + overlap}.");
        block.Fill(true);
        _lengths.Add(start, granules);
        return start;
    }

    public void Release(long start, long granules)
    {
        if (!_lengths.Remove(start, out long length) || length != granules)
            throw new InvalidOperationException($"No block of {granules} is at {start} (length there: {length}).");
        _taken.AsSpan((int)start, (int)granules).Clear();
        heap.Release(start, granules);
    }
}
