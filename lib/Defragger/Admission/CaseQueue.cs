using System.Numerics;

namespace Defragger.Admission;

/// <summary>The cases that wait, longest predicted first, and the first of them that needs no more than some memory.</summary>
/// <remarks>
/// Lanes lie in bins by their predicted peak, eight bins to a doubling; in a bin and over all they are in order of rank.
/// Always true:
/// 1. a lane that is not empty stands in exactly one bin, the one of its prediction's peak, and in the order over all;
/// 2. unknown cases of one family share a lane, and families of which nothing is known share the strangers' lane: when
///    a case ends, at most two lanes move, however many cases wait;
/// 3. <see cref="First"/> is the first in rank; <see cref="FirstWithin"/> is the first in rank of those that fit, but in
///    the one bin that straddles the bound only its <see cref="Probes"/> first are looked at.
/// Each call costs O(log n + bins).
/// </remarks>
internal sealed class CaseQueue
{
    /// <summary>How many lanes of the bin that straddles the bound are looked at.</summary>
    public const int Probes = 32;

    private const int PerDoubling = 8;

    private readonly Predictor _predictor;
    private readonly SortedSet<Lane> _order = new(s_byRank);
    private readonly SortedSet<Lane>?[] _bins = new SortedSet<Lane>?[64 * PerDoubling];
    private readonly Dictionary<string, FamilyLane> _families = [];
    private readonly StrangersLane _strangers;
    private long _lanes;

    private static readonly Comparer<Lane> s_byRank = Comparer<Lane>.Create((a, b) =>
        b.Prediction.Duration.CompareTo(a.Prediction.Duration) is var order and not 0 ? order : a.Number.CompareTo(b.Number));

    public CaseQueue(Predictor predictor)
    {
        _predictor = predictor;
        _strangers = new StrangersLane(_lanes++);
    }

    /// <summary>How many cases wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them have a history of their own.</summary>
    public int Known { get; private set; }

    /// <summary>The lane of the longest predicted case; null when nothing waits.</summary>
    public Lane? First => _order.Min;

    /// <summary>The lane of the longest predicted case among those that need no more than <paramref name="most"/> bytes.</summary>
    public Lane? FirstWithin(long most)
    {
        if (most < 0) return null;
        Lane? best = null;
        int straddled = Bin(most);
        for (int i = 0; i < straddled; i++) Better(ref best, _bins[i]?.Min);
        if (_bins[straddled] is SortedSet<Lane> bin)
            Better(ref best, bin.Take(Probes).FirstOrDefault(lane => lane.Prediction.Peak <= most));
        return best;
    }

    /// <summary>Queues a case with what its name predicts.</summary>
    public void Add(QueuedCase one)
    {
        Count++;
        if (_predictor.Knows(one.Name) || one.Alone)
        {
            Known++;
            Place(new SingleLane(_lanes++, one), _predictor.Predict(one.Name));
            return;
        }
        string family = Predictor.Family(one.Name);
        if (_families.TryGetValue(family, out FamilyLane? lane)) lane.Add(one);
        else
        {
            _families.Add(family, lane = new FamilyLane(_lanes++, family));
            lane.Add(one);
            Settle(lane);
        }
    }

    /// <summary>Takes the case whose turn it is out of its lane.</summary>
    public QueuedCase Take(Lane lane)
    {
        QueuedCase one = lane.Next;
        Lift(lane);
        lane.Take();
        Count--;
        if (lane is SingleLane) Known--;
        FamilyLane? family = lane as FamilyLane ?? (lane is StrangersLane ? _families[Predictor.Family(one.Name)] : null);
        if (family is { IsEmpty: true }) _families.Remove(family.Family);
        if (!lane.IsEmpty) Place(lane, lane.Prediction);
        return one;
    }

    /// <summary>Puts what depends on a family's past in its new place.</summary>
    public void Relearn(string family)
    {
        if (_families.TryGetValue(family, out FamilyLane? lane))
        {
            if (lane.Turn == null) Lift(lane);
            else if (_predictor.KnowsFamily(family)) LeaveStrangers(lane);
            if (lane.Turn == null) Place(lane, _predictor.PredictFamily(family));
        }
        if (_strangers.IsEmpty) return;
        Lift(_strangers);
        Place(_strangers, _predictor.PredictUnknown());
    }

    private void Settle(FamilyLane lane)
    {
        if (_predictor.KnowsFamily(lane.Family))
        {
            Place(lane, _predictor.PredictFamily(lane.Family));
            return;
        }
        if (!_strangers.IsEmpty) Lift(_strangers);
        _strangers.Add(lane);
        Place(_strangers, _predictor.PredictUnknown());
    }

    private void LeaveStrangers(FamilyLane lane)
    {
        Lift(_strangers);
        _strangers.Remove(lane);
        if (!_strangers.IsEmpty) Place(_strangers, _predictor.PredictUnknown());
    }

    private void Place(Lane lane, Prediction prediction)
    {
        lane.Prediction = prediction;
        _order.Add(lane);
        (_bins[Bin(prediction.Peak)] ??= new(s_byRank)).Add(lane);
    }

    private void Lift(Lane lane)
    {
        _order.Remove(lane);
        _bins[Bin(lane.Prediction.Peak)]!.Remove(lane);
    }

    private static void Better(ref Lane? best, Lane? other)
    {
        if (other != null && (best == null || s_byRank.Compare(other, best) < 0)) best = other;
    }

    /// <summary>The bin of an amount: its power of two and the three bits below the leading one.</summary>
    private static int Bin(long bytes)
    {
        if (bytes < PerDoubling) return 0;
        int power = BitOperations.Log2((ulong)bytes);
        return (power * PerDoubling) + (int)((bytes >> (power - 3)) & (PerDoubling - 1));
    }
}
