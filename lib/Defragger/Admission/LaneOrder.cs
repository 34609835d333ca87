using System.Numerics;

namespace Defragger.Admission;

/// <summary>Lanes in order of their rank, and by how much memory their cases need.</summary>
/// <remarks>
/// Lanes lie in bins by their predicted peak, eight bins to a doubling; in a bin and over all they are in order of rank.
/// Always true:
/// 1. a lane stands in the order over all, and in the one bin of its prediction's peak unless its case must run alone;
/// 2. <see cref="Work"/> and <see cref="Area"/> are sums over all cases that wait;
/// 3. what is found fits the bound; of the one bin that straddles the bound only the first <see cref="Probes"/> lanes are
///    looked at, so that a search costs O(log n + bins) and never O(n).
/// </remarks>
internal sealed class LaneOrder
{
    /// <summary>How many lanes of the bin that straddles a bound are looked at.</summary>
    public const int Probes = 32;

    private const int PerDoubling = 8;

    private static readonly Comparer<Lane> s_byRank = Comparer<Lane>.Create((a, b) =>
        b.Rank.CompareTo(a.Rank) is var order and not 0 ? order : a.Number.CompareTo(b.Number));

    private readonly SortedSet<Lane> _all = new(s_byRank);
    private readonly SortedSet<Lane>?[] _bins = new SortedSet<Lane>?[64 * PerDoubling];

    /// <summary>The lane that is first in rank; null when there is none.</summary>
    public Lane? First => _all.Min;

    /// <summary>The predicted time of all cases, in seconds.</summary>
    public double Work { get; private set; }

    /// <summary>The predicted peak times the predicted time of all cases, in byte seconds.</summary>
    public double Area { get; private set; }

    /// <summary>The first in rank of those that need no more than <paramref name="most"/> bytes; null when there is none.</summary>
    public Lane? FirstWithin(long most)
    {
        if (most < 0) return null;
        int straddled = Bin(most);
        Lane? best = Probe(straddled, most);
        for (int i = 0; i < straddled; i++)
        {
            if (_bins[i]?.Min is Lane lane && (best == null || s_byRank.Compare(lane, best) < 0)) best = lane;
        }
        return best;
    }

    /// <summary>The first in rank of the highest bin that needs no more than <paramref name="most"/> bytes; null when there is none.</summary>
    public Lane? LargestWithin(long most)
    {
        if (most < 0) return null;
        int straddled = Bin(most);
        Lane? best = Probe(straddled, most);
        for (int i = straddled - 1; i >= 0 && best == null; i--) best = _bins[i]?.Min;
        return best;
    }

    /// <summary>Puts a lane in its place.</summary>
    public void Add(Lane lane)
    {
        _all.Add(lane);
        if (!lane.Next.Alone) (_bins[Bin(lane.Prediction.Peak)] ??= new(s_byRank)).Add(lane);
        Count(lane, 1);
    }

    /// <summary>Takes a lane out. Must come before anything of it changes.</summary>
    public void Remove(Lane lane)
    {
        _all.Remove(lane);
        if (!lane.Next.Alone) _bins[Bin(lane.Prediction.Peak)]!.Remove(lane);
        Count(lane, -1);
    }

    private void Count(Lane lane, int sign)
    {
        double work = sign * lane.Count * lane.Prediction.Duration.TotalSeconds;
        // From nothing again when nothing is left: sums of fractions drift.
        Work = _all.Count == 0 ? 0 : Work + work;
        Area = _all.Count == 0 ? 0 : Area + (work * lane.Prediction.Peak);
    }

    private Lane? Probe(int bin, long most) =>
        _bins[bin]?.Take(Probes).FirstOrDefault(lane => lane.Prediction.Peak <= most);

    /// <summary>The bin of an amount: its power of two and the three bits below the leading one.</summary>
    private static int Bin(long bytes)
    {
        if (bytes < PerDoubling) return 0;
        int power = BitOperations.Log2((ulong)bytes);
        return (power * PerDoubling) + (int)((bytes >> (power - 3)) & (PerDoubling - 1));
    }
}
