namespace Defragger.Memory;

/// <summary>What a <see cref="DefragHeap"/> can be told beside its capacity.</summary>
public sealed record DefragHeapOptions
{
    /// <summary>Bytes that are committed at a time, at least; 0: the whole arena at once, so that a system that does not
    /// promise more memory than it has refuses at the start and not later. Committed memory that was never written
    /// occupies nothing.</summary>
    public long Growth { get; init; } = 1 << 20;

    /// <summary>Bytes of free pages that may wait for their next use. When a release leaves more, free pages are given back
    /// from the highest address down until half of this is left: then many releases pass before the next time.
    /// 0 keeps none; <see cref="long.MaxValue"/> leaves it all to <see cref="DefragHeap.Trim"/>.</summary>
    public long DirtyLimit { get; init; } = 64 << 20;

    /// <summary>Whether a block is filled with zeros when it is given back, so that what was in it does not linger.</summary>
    public bool ClearOnReturn { get; init; }
}
