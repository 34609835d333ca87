namespace Defragger.Admission;

/// <summary>Cases that share a prediction, first come first served. A case with a history has a lane of its own.</summary>
internal abstract class Lane(long number)
{
    /// <summary>Lanes are told apart, and equal ones put in order, by when they were made.</summary>
    public long Number { get; } = number;

    /// <summary>What each of its cases is expected to need.</summary>
    public Prediction Prediction { get; set; }

    /// <summary>The case whose turn it is.</summary>
    public abstract QueuedCase Next { get; }

    public abstract bool IsEmpty { get; }

    /// <summary>Takes <see cref="Next"/> out.</summary>
    public abstract void Take();
}

/// <summary>One case that is known.</summary>
internal sealed class SingleLane(long number, QueuedCase one) : Lane(number)
{
    private bool _taken;

    public override QueuedCase Next => one;

    public override bool IsEmpty => _taken;

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

    public override bool IsEmpty => _cases.Count == 0;

    public override void Take() => _cases.Dequeue();

    public void Add(QueuedCase one) => _cases.Enqueue(one);
}

/// <summary>The families of which nothing is known yet. They take turns: one case of each teaches more than all of one.</summary>
internal sealed class StrangersLane(long number) : Lane(number)
{
    private readonly LinkedList<FamilyLane> _families = [];

    public override QueuedCase Next => _families.First!.Value.Next;

    public override bool IsEmpty => _families.Count == 0;

    public override void Take()
    {
        FamilyLane first = _families.First!.Value;
        first.Take();
        Remove(first);
        if (!first.IsEmpty) Add(first);
    }

    public void Add(FamilyLane family) => family.Turn = _families.AddLast(family);

    public void Remove(FamilyLane family)
    {
        _families.Remove(family.Turn!);
        family.Turn = null;
    }
}
