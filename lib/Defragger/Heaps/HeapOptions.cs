namespace Defragger.Heaps;

/// <summary>What a heap is made with.</summary>
/// <param name="Capacity">Bytes of the arena: a multiple of 16, from 16 to <see cref="CapacityMax"/>.</param>
/// <param name="Growth">Commit at least this many bytes at a time; 0: the whole arena when the heap is opened.</param>
/// <param name="Outside">The memory, or null for a heap over nothing.</param>
public sealed record HeapOptions(long Capacity, long Growth = 0, IHeapOutside? Outside = null)
{
    /// <summary>The largest arena, in bytes: granules are counted in 32 bits.</summary>
    public const long CapacityMax = uint.MaxValue * 16L;
}
