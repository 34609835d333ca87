namespace Defragger.Admission;

/// <summary>The cases that wait, in lanes: who waits where, and where a lane moves when something was learned.</summary>
/// <remarks>
/// Always true:
/// 1. a case waits in exactly one lane: its own when it is known or must run alone, else its family's;
/// 2. a family's lane stands in the order itself when something is known of the family, else among the strangers, which
///    stand in the order as one lane: when a case ends, at most two lanes move, however many cases wait;
/// 3. no lane in the order is empty.
/// Each call costs O(log n).
/// </remarks>
internal sealed class CaseQueue
{
    private readonly Predictor _predictor;
    private readonly LaneOrder _order = new();
    private readonly Dictionary<string, FamilyLane> _families = [];
    private readonly StrangersLane _strangers;
    private long _lanes; // made so far

    public CaseQueue(Predictor predictor)
    {
        _predictor = predictor;
        _strangers = new StrangersLane(_lanes++);
    }

    /// <summary>How many cases wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them have a history of their own.</summary>
    public int Known { get; private set; }

    /// <summary>The lanes that have cases.</summary>
    public LaneOrder Lanes => _order;

    /// <summary>Queues a case.</summary>
    public void Add(QueuedCase one)
    {
        Count++;
        if (_predictor.Knows(one.Name) || one.Alone)
        {
            Known++;
            var own = new SingleLane(_lanes++, one);
            own.Expect(_predictor.Predict(one.Name));
            _order.Add(own);
            return;
        }
        string family = Predictor.Family(one.Name);
        if (_families.TryGetValue(family, out FamilyLane? lane)) Leave(lane);
        else _families.Add(family, lane = new FamilyLane(_lanes++, family));
        lane.Add(one);
        Enter(lane);
    }

    /// <summary>Takes the case whose turn it is out of a lane.</summary>
    public QueuedCase Take(Lane lane)
    {
        QueuedCase one = lane.Next;
        Count--;
        _order.Remove(lane);
        lane.Take();
        if (!lane.IsEmpty) _order.Add(lane);
        if (lane is SingleLane) Known--;
        else if (_families[Predictor.Family(one.Name)] is { IsEmpty: true } family) _families.Remove(family.Family);
        return one;
    }

    /// <summary>A case of the family has ended: what waits of it, and all strangers, may be expected to need something else.</summary>
    public void Relearn(string family)
    {
        if (_families.TryGetValue(family, out FamilyLane? lane))
        {
            Leave(lane);
            Enter(lane);
        }
        if (_strangers.IsEmpty) return;
        _order.Remove(_strangers);
        _strangers.Expect(_predictor.PredictUnknown());
        _order.Add(_strangers);
    }

    private void Enter(FamilyLane lane)
    {
        if (_predictor.KnowsFamily(lane.Family))
        {
            lane.Expect(_predictor.PredictFamily(lane.Family));
            _order.Add(lane);
            return;
        }
        if (_strangers.IsEmpty) _strangers.Expect(_predictor.PredictUnknown());
        else _order.Remove(_strangers);
        _strangers.Add(lane);
        _order.Add(_strangers);
    }

    private void Leave(FamilyLane lane)
    {
        if (lane.Turn == null)
        {
            _order.Remove(lane);
            return;
        }
        _order.Remove(_strangers);
        _strangers.Remove(lane);
        if (!_strangers.IsEmpty) _order.Add(_strangers);
    }
}
