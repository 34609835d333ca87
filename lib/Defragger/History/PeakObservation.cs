namespace Defragger.History;

/// <summary>What a run has learned of a case.</summary>
/// <param name="Case">The case's name.</param>
/// <param name="OutOfMemory">It was killed for want of memory: <paramref name="Sample"/>'s peak is less than it needs.</param>
/// <param name="Sample">When, how much, how long.</param>
internal readonly record struct PeakObservation(string Case, bool OutOfMemory, PeakSample Sample);
