namespace Defragger.Views;

/// <summary>A block, a free run, or what is held between two blocks of a page.</summary>
/// <param name="Offset">Where it begins, in bytes.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Live">Whether it is a block.</param>
/// <param name="Held">Whether it is held: neither a block's nor free.</param>
public readonly record struct HeapItem(long Offset, long Length, bool Live, bool Held = false);

/// <summary>A plain picture of a heap at one moment.</summary>
/// <param name="Items">Blocks, free runs and what is held in address order, without a gap, up to what is committed.</param>
/// <param name="Index">The free runs that are in the index (all but the victim), by size class, then by address.</param>
/// <param name="Statistics">The counters.</param>
public sealed record HeapSnapshot(
    IReadOnlyList<HeapItem> Items, IReadOnlyList<HeapRange> Index, HeapStatistics Statistics)
{
    /// <summary>Whether two pictures show the same heap.</summary>
    public bool Equals(HeapSnapshot? other) =>
        other != null && Statistics == other.Statistics && Items.SequenceEqual(other.Items) && Index.SequenceEqual(other.Index);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Items.Count, Index.Count, Statistics);
}
