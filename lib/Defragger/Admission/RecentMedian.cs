namespace Defragger.Admission;

/// <summary>The median of the last values, in bounded memory.</summary>
/// <remarks>A window and not a whole history: what a family needs changes along a run, and a family may have
/// 100,000 cases. Add costs O(window), Median O(1).</remarks>
internal sealed class RecentMedian
{
    /// <summary>How many values count.</summary>
    public const int Window = 63;

    private readonly List<long> _inOrder = []; // of arrival, as a ring once it is full
    private readonly List<long> _sorted = [];
    private int _oldest;

    /// <summary>How many values count now.</summary>
    public int Count => _sorted.Count;

    /// <summary>The middle value, the higher one of two; 0 when there is none.</summary>
    public long Median => _sorted.Count == 0 ? 0 : _sorted[_sorted.Count / 2];

    /// <summary>Takes one more value; the oldest gives way when the window is full.</summary>
    public void Add(long value)
    {
        if (_inOrder.Count < Window) _inOrder.Add(value);
        else
        {
            _sorted.RemoveAt(_sorted.BinarySearch(_inOrder[_oldest]));
            _inOrder[_oldest] = value;
            _oldest = (_oldest + 1) % Window;
        }
        int place = _sorted.BinarySearch(value);
        _sorted.Insert(place < 0 ? ~place : place, value);
    }
}
