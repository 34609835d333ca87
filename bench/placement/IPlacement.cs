namespace Defragger.Bench.Placement;

/// <summary>Where a heap puts its blocks: one policy, in an arena without an end.</summary>
/// <remarks>Everything is counted in granules of 16 bytes. No block has a header, and nothing is remembered inside free
/// memory, so a page with no block on it could be given back whole.</remarks>
internal interface IPlacement
{
    /// <summary>Bytes of a granule.</summary>
    const int Granule = 16;

    /// <summary>Granules of a page of 4 KiB.</summary>
    const int Page = 4096 / Granule;

    /// <summary>Places a block of at least one granule.</summary>
    /// <returns>Its first granule.</returns>
    long Allocate(long granules);

    /// <summary>Takes a block back, with the length that was asked for.</summary>
    void Release(long start, long granules);
}
