namespace Defragger.Comparers.Matching;

/// <summary>About how many different hashes were added, in bounded memory and whatever their order.</summary>
/// <remarks>
/// Keeps the <see cref="Size"/> smallest different values: up to so many the count is exact, beyond that the k-th
/// smallest tells how dense they lie (Bar-Yossef et al., "Counting distinct elements in a data stream", 2002), with
/// a standard error of about 6 %. Cost: one comparison for most values, a binary search and a move for the others.
/// Invariant: _values[.._count] is sorted and without repetition.
/// </remarks>
internal sealed class DistinctSketch
{
    private const int Size = 256;

    private readonly ulong[] _values = new ulong[Size];
    private int _count;

    /// <summary>The estimate; exact while it is below <see cref="Size"/>.</summary>
    public double Count => _count < Size ? _count : (Size - 1) * (ulong.MaxValue / (double)_values[Size - 1]);

    /// <summary>Whether <see cref="Count"/> is no estimate.</summary>
    public bool IsExact => _count < Size;

    public void Add(ulong value)
    {
        if (_count == Size && value >= _values[Size - 1])
            return;
        int place = Array.BinarySearch(_values, 0, _count, value);
        if (place >= 0)
            return;
        place = ~place;
        if (_count < Size)
            _count++;
        Array.Copy(_values, place, _values, place + 1, _count - 1 - place);
        _values[place] = value;
    }
}
