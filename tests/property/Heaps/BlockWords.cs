using Defragger.Heaps;

namespace Defragger.Tests.Heaps;

/// <summary>Offsets of blocks as words of start bits.</summary>
internal static class BlockWords
{
    /// <param name="offsets">Multiples of 16, ascending.</param>
    internal static BlockStarts[] Of(IEnumerable<long> offsets) =>
    [
        .. offsets.GroupBy(offset => offset / 1024, (word, within) => new BlockStarts(
            word * 1024, within.Aggregate(0UL, (starts, offset) => starts | 1UL << (int)(offset % 1024 / 16)))),
    ];
}
