using System.Runtime.InteropServices;

namespace Defragger.Comparers.Differences;

/// <summary>A stretch of a file that holds one side of a difference.</summary>
/// <param name="Offset">Where it begins; -1 when this side has nothing.</param>
/// <param name="Length">Its bytes; 0 where only its beginning is known.</param>
/// <param name="Number">Which record or finding of the file it is, from 0.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Extent(long Offset, long Length = 0, long Number = 0)
{
    /// <summary>This side has nothing there.</summary>
    public static Extent None => new(-1);

    public bool Exists => Offset >= 0;
}

/// <summary>A difference, as long as nobody has asked for its text.</summary>
internal readonly record struct FoundDifference(DifferenceKind Kind, Extent Baseline, Extent Candidate)
{
    /// <summary>Where it stands: in the candidate, else in the baseline.</summary>
    public long Order => Candidate.Exists ? Candidate.Offset : Baseline.Offset;
}

/// <summary>The first differences of each kind, however many there are and in whatever order they are found.</summary>
/// <remarks>
/// Only places are kept while a case is compared; the text of the few that are left at the end is read from the files then. So
/// a comparison that keeps differences needs no more memory, and no more time for each of them, than one that only counts.
/// Invariant: of each kind, the heap holds the <c>limit</c> differences with the least <see cref="FoundDifference.Order"/>.
/// Cost: a comparison where the heap is full and the difference stands behind it, else log limit.
/// </remarks>
internal sealed class DifferenceList
{
    /// <summary>Differences that a case shows where nobody asks for another number.</summary>
    public const int DefaultLimit = 50;

    /// <summary>The most that can be asked for.</summary>
    public const int MaximumLimit = 1000;

    private readonly int _limit;
    private readonly PriorityQueue<FoundDifference, long>?[] _last = new PriorityQueue<FoundDifference, long>?[6]; // first out: the last one in the files

    /// <param name="limit">Differences that are kept; 0 for none.</param>
    public DifferenceList(int limit) => _limit = limit;

    /// <summary>Whether any differences are kept.</summary>
    public bool IsAsked => _limit > 0;

    /// <summary>Takes a difference into account.</summary>
    public void Add(DifferenceKind kind, Extent baseline, Extent candidate)
    {
        if (_limit == 0)
            return;
        FoundDifference found = new(kind, baseline, candidate);
        PriorityQueue<FoundDifference, long> last = _last[(int)kind] ??= new();
        if (last.Count < _limit)
            last.Enqueue(found, -found.Order);
        else if (last.TryPeek(out _, out long order) && found.Order < -order)
            last.DequeueEnqueue(found, -found.Order);
    }

    /// <summary>Those that are kept, by kind and then as they stand in the files.</summary>
    public List<FoundDifference> Kept() =>
    [
        .. _last.OfType<PriorityQueue<FoundDifference, long>>()
            .SelectMany(kind => kind.UnorderedItems.Select(item => item.Element).OrderBy(found => found.Order))
            .Take(_limit),
    ];
}
