namespace Defragger.Cluster;

/// <summary>The amounts of memory that tasks are given: doubling from the smallest, the largest task there can be last.</summary>
/// <remarks>Every class is an array of its own, for Slurm gives all tasks of an array the same. With doubling at most half of a task's
/// memory is idle, and a case of which nothing is known comes to the right class after few tries; finer steps save
/// less than the tries that they add.</remarks>
internal sealed class MemoryClasses
{
    /// <summary>What the runner, its launcher and the page tables need beside the case, in bytes.</summary>
    public const long Overhead = 96L << 20;

    /// <summary>The smallest class, in bytes that a case may hold.</summary>
    public const long Smallest = 128L << 20;

    // Peaks differ by some percent from run to run; a kill costs the whole run of a case.
    private const double Headroom = 1.1;

    private readonly long[] _cases;

    /// <param name="largest">The most memory that one task can have, in bytes; above <see cref="Overhead"/>.</param>
    public MemoryClasses(long largest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(largest, Overhead);
        List<long> cases = [];
        for (long next = Smallest; next < largest - Overhead; next *= 2) cases.Add(next);
        _cases = [.. cases, largest - Overhead];
    }

    /// <summary>How many there are; they are numbered from 0, the smallest.</summary>
    public int Count => _cases.Length;

    /// <summary>The largest class.</summary>
    public int Top => _cases.Length - 1;

    /// <summary>What a case of a class may hold, in bytes.</summary>
    public long CaseMemory(int memoryClass) => _cases[memoryClass];

    /// <summary>What a task of a class is given, in bytes.</summary>
    public long TaskMemory(int memoryClass) => _cases[memoryClass] + Overhead;

    /// <summary>The class for a case that is expected to need so much; the largest when none has as much.</summary>
    public int Of(long need)
    {
        int found = Array.FindIndex(_cases, held => held >= need * Headroom);
        return found < 0 ? Top : found;
    }

    /// <summary>The class for a case that ran out of memory in one; the same when there is no larger one.</summary>
    /// <param name="memoryClass">Where it ran out.</param>
    /// <param name="held">What it held, in bytes.</param>
    /// <param name="last">It is tried once more and no more: it is given the most there is.</param>
    public int Above(int memoryClass, long held, bool last) =>
        last ? Top : Math.Min(Top, Math.Max(memoryClass + 1, Of(held)));
}
