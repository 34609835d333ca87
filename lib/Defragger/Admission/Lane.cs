namespace Defragger.Admission;

/// <summary>Cases that share a prediction, first come first served. A case with a history has a lane of its own.</summary>
internal abstract class Lane(long number)
{
    /// <summary>Lanes are told apart, and equal ones put in order, by when they were made.</summary>
    public long Number { get; } = number;

    /// <summary>What each of its cases is expected to need.</summary>
    public Prediction Prediction { get; private set; }

    /// <summary>The higher, the sooner its turn comes.</summary>
    public double Rank { get; private set; }

    /// <summary>The case whose turn it is.</summary>
    public abstract QueuedCase Next { get; }

    /// <summary>How many cases wait in it.</summary>
    public abstract int Count { get; }

    /// <summary>True when nothing waits in it.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Takes <see cref="Next"/> out.</summary>
    public abstract void Take();

    /// <summary>Takes another prediction. Only for a lane that stands in no order now.</summary>
    public void Expect(Prediction prediction)
    {
        // Longest first, so that nothing long is left for the end. How long an unknown case runs nobody knows: it goes
        // before those that are known to be up to this many times as long.
        const double Unknown = 100;
        Prediction = prediction;
        bool known = prediction.Source is PredictionSource.History or PredictionSource.LowerBound;
        Rank = prediction.Duration.TotalSeconds * (known ? 1 : Unknown);
    }
}

/// <summary>One case that is known.</summary>
internal sealed class SingleLane(long number, QueuedCase one) : Lane(number)
{
    private bool _taken;

    public override QueuedCase Next => one;

    public override int Count => _taken ? 0 : 1;

    public override void Take() => _taken = true;
}

/// <summary>The unknown cases of one family.</summary>
internal sealed class FamilyLane(long number, string family) : Lane(number)
{
    private readonly Queue<QueuedCase> _cases = [];

    public string Family { get; } = family;

    /// <summary>Its place among the strangers; null when its family is known.</summary>
    public LinkedListNode<FamilyLane>? Turn { get; set; }

    public override QueuedCase Next => _cases.Peek();

    public override int Count => _cases.Count;

    public override void Take() => _cases.Dequeue();

    public void Add(QueuedCase one) => _cases.Enqueue(one);
}

/// <summary>The families of which nothing is known yet. They take turns: one case of each teaches more than all of one.</summary>
internal sealed class StrangersLane(long number) : Lane(number)
{
    private readonly LinkedList<FamilyLane> _families = [];
    private int _count; // of cases

    public override QueuedCase Next => _families.First!.Value.Next;

    public override int Count => _count;

    public override void Take()
    {
        FamilyLane first = _families.First!.Value;
        Remove(first);
        first.Take();
        if (!first.IsEmpty) Add(first);
    }

    public void Add(FamilyLane family)
    {
        family.Turn = _families.AddLast(family);
        _count += family.Count;
    }

    public void Remove(FamilyLane family)
    {
        _count -= family.Count;
        _families.Remove(family.Turn!);
        family.Turn = null;
    }
}
