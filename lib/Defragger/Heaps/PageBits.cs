using System.Numerics;
using System.Runtime.CompilerServices;

namespace Defragger.Heaps;

/// <summary>A bit for each of the 256 granules of a page: bit i % 64 of word i / 64 is granule i.</summary>
[InlineArray(Words)]
public struct PageBits
{
    /// <summary>Words of 64 bits.</summary>
    public const int Words = 4;

    private ulong _first;

    /// <summary>How many are set.</summary>
    public readonly int Count
    {
        get
        {
            int count = 0;
            foreach (ulong word in this) count += BitOperations.PopCount(word);
            return count;
        }
    }

    /// <summary>Whether a granule's bit is set.</summary>
    /// <param name="granule">0 to 255.</param>
    public readonly bool Has(int granule) => (this[granule / 64] >> granule % 64 & 1) != 0;

    /// <summary>Whether no granule is set in both.</summary>
    internal readonly bool IsDisjoint(in PageBits other) =>
        ((this[0] & other[0]) | (this[1] & other[1]) | (this[2] & other[2]) | (this[3] & other[3])) == 0;

    /// <summary>Sets what is set in the other.</summary>
    internal void Add(in PageBits other)
    {
        for (int word = 0; word < Words; word++) this[word] |= other[word];
    }

    /// <summary>Sets all.</summary>
    internal void Fill()
    {
        for (int word = 0; word < Words; word++) this[word] = ulong.MaxValue;
    }
}
