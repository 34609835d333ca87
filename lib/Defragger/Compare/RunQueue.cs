using Defragger.Admission;

namespace Defragger.Compare;

/// <summary>Brings cases from their source to the admission, and keeps what belongs to them until they have a result.</summary>
/// <remarks>Always true: at most <see cref="Most"/> cases wait, whatever the number of cases there are; a case that is in hand
/// waits or runs.</remarks>
internal sealed class RunQueue(CaseSource source, IAdmission admission)
{
    /// <summary>Cases that wait at most. To start the longest first one must know them; beyond this many the order is that of
    /// their coming.</summary>
    public const int Most = 100_000;

    private readonly Dictionary<long, CaseInHand> _inHand = [];
    private long _taken;

    /// <summary>The source has no more, or is not asked any more.</summary>
    public bool SourceDone { get; private set; }

    /// <summary>Cases that wait or run.</summary>
    public IReadOnlyCollection<CaseInHand> InHand => _inHand.Values;

    /// <summary>Takes cases until some were looked at, none is there now, or enough wait.</summary>
    /// <param name="atOnce">How many are looked at.</param>
    /// <param name="settle">Gives a case its result when it needs no process; false when it needs one.</param>
    /// <param name="now">The time.</param>
    /// <returns>True when there may be more right now.</returns>
    public bool Take(int atOnce, Func<TestCase, bool> settle, TimeSpan now)
    {
        for (int i = 0; i < atOnce; i++)
        {
            if (SourceDone || admission.Waiting >= Most) return false;
            SourceState state = source.TryTake(out TestCase next);
            SourceDone = state == SourceState.Done;
            if (state != SourceState.Taken) return false;
            if (settle(next)) continue;
            long id = _taken++;
            _inHand.Add(id, new CaseInHand(next));
            admission.Enqueue(id, next.Name, now);
        }
        return true;
    }

    /// <summary>The case that has this number, or null when it has its result.</summary>
    public CaseInHand? Find(long id) => _inHand.GetValueOrDefault(id);

    /// <summary>The case has its result.</summary>
    public void Remove(long id) => _inHand.Remove(id);

    /// <summary>Nothing is taken from the source any more.</summary>
    public void Close() => SourceDone = true;
}
