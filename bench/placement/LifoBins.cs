namespace Defragger.Bench.Placement;

/// <summary>Runs of each length up to a last one, as doubly linked stacks.</summary>
/// <remarks>The links lie in arrays by the run's first granule, plus 1: 0 is the end of a list.</remarks>
internal sealed class LifoBins(int lastLength)
{
    private readonly int[] _heads = new int[lastLength + 1];
    private readonly AddressSet _nonEmpty = new();
    private int[] _next = new int[1 << 16];
    private int[] _previous = new int[1 << 16];

    /// <summary>The newest run of the shortest length from this one on.</summary>
    public Run First(int length)
    {
        long found = _nonEmpty.Next(length);
        return found < 0 ? Run.None : new Run(_heads[found] - 1, found);
    }

    public void Push(Run run)
    {
        if (run.Start >= _next.Length)
        {
            int size = checked((int)Math.Max(run.Start + 1, 2L * _next.Length));
            Array.Resize(ref _next, size);
            Array.Resize(ref _previous, size);
        }
        int old = _heads[run.Length];
        (_next[run.Start], _previous[run.Start]) = (old, 0);
        int link = (int)run.Start + 1;
        if (old > 0) _previous[old - 1] = link;
        _heads[run.Length] = link;
        _nonEmpty.Add(run.Length);
    }

    public void Remove(Run run)
    {
        (int next, int previous) = (_next[run.Start], _previous[run.Start]);
        if (next > 0) _previous[next - 1] = previous;
        if (previous > 0) _next[previous - 1] = next;
        else if ((_heads[run.Length] = next) == 0) _nonEmpty.Remove(run.Length);
    }
}
