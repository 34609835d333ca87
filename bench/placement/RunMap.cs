namespace Defragger.Bench.Placement;

/// <summary>The free runs by place: which one ends or begins at a granule. For coalescing.</summary>
/// <remarks>Knuth's boundary tags, but beside the memory. Invariants:
/// 1. The first and the last granule of a free run have its length as their tag; all others have 0.
/// 2. No two runs touch (kept by <see cref="CoalescingPlacement"/>).</remarks>
internal sealed class RunMap
{
    private int[] _tags = new int[1 << 16];

    public void Add(Run run) => Tag(run, checked((int)run.Length));

    public void Remove(Run run) => Tag(run, 0);

    /// <summary>The free run whose last granule is before this one.</summary>
    public Run EndingAt(long granule)
    {
        long length = TagOf(granule - 1);
        return new Run(granule - length, length);
    }

    /// <summary>The free run whose first granule is this one.</summary>
    public Run StartingAt(long granule) => new(granule, TagOf(granule));

    private int TagOf(long granule) => granule >= 0 && granule < _tags.Length ? _tags[granule] : 0;

    private void Tag(Run run, int tag)
    {
        if (run.End > _tags.Length) Array.Resize(ref _tags, checked((int)Math.Max(run.End, 2L * _tags.Length)));
        _tags[run.Start] = tag;
        _tags[run.End - 1] = tag;
    }
}
