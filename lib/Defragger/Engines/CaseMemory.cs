namespace Defragger.Engines;

/// <summary>What a running case held at one moment.</summary>
/// <param name="Id">The number it was started with.</param>
/// <param name="Bytes">Memory of all its processes; what they share is counted once. 0 when it is not known.</param>
public readonly record struct CaseMemory(long Id, long Bytes);
