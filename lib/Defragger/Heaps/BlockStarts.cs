namespace Defragger.Heaps;

/// <summary>Blocks that begin in one KiB of an arena.</summary>
/// <param name="Offset">Where that KiB begins: a multiple of 1,024.</param>
/// <param name="Starts">Bit i: a block begins at the offset + 16 i.</param>
public readonly record struct BlockStarts(long Offset, ulong Starts);
