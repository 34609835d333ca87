namespace Defragger.Measure.Python;

/// <summary>A Python program's memory at one moment, as its own allocator and collector tell. Sizes are bytes.</summary>
/// <param name="Seconds">Since the script began.</param>
/// <param name="Live">What the program holds in blocks, of Python and of C; null where the allocator does not tell.</param>
/// <param name="Blocks">How many small blocks Python holds.</param>
/// <param name="Heap">What the allocator has from the system.</param>
/// <param name="Anonymous">Resident memory that no file is behind.</param>
/// <param name="Collections">Runs of the garbage collector until now.</param>
/// <param name="Collected">Objects that it has found in cycles until now.</param>
/// <param name="Uncollectable">Objects that it could not release.</param>
/// <param name="Line">Where the main thread was; null when not in a script.</param>
public sealed record PythonSample(
    double Seconds, long? Live, long Blocks, long? Heap, long Anonymous, long Collections, long Collected, long Uncollectable, string? Line);

/// <summary>A type and how much of it there is.</summary>
/// <param name="Type">Its name, with its module.</param>
/// <param name="Amount">Objects, or bytes where the list says so.</param>
public sealed record TypeAmount(string Type, long Amount);
