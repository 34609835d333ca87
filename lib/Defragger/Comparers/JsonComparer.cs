namespace Defragger.Comparers;

/// <summary>Compares two JSON documents leaf by leaf, in whatever order their keys stand.</summary>
/// <remarks>
/// Both sides are read in turn and joined by path: a pair with equal values is Unchanged, another one Updated, a leaf
/// without a partner New or Absent. Elements of an array are told apart by their index.
/// Whether the documents are the same is not asked of the join, which may have to let entries go, but of their
/// canonical hashes: there is no bound under which "same" could be wrong.
/// An object that repeats a key is refused. To find one costs 16 bytes a name of the objects that are open: nothing for
/// records, 100 MiB for both sides of a map of two million names.
/// </remarks>
internal sealed class JsonComparer
{
    private readonly StreamingJoin<UInt128> _join;
    private long _unchanged;
    private long _updated;

    private JsonComparer(int joinLimit) => _join = new StreamingJoin<UInt128>(joinLimit);

    public static ComparisonResult Compare(
        SourceFile baseline,
        SourceFile candidate,
        int bufferSize = JsonTokenReader.DefaultBufferSize,
        int joinLimit = StreamingJoin<UInt128>.DefaultLimit)
    {
        JsonComparer comparer = new(joinLimit);
        using JsonLeafReader left = new(baseline, comparer.Sink(Side.Baseline), bufferSize);
        using JsonLeafReader right = new(candidate, comparer.Sink(Side.Candidate), bufferSize);
        while (left.Pump() | right.Pump())
        {
        }

        return comparer.Conclude(left, right);
    }

    private Action<UInt128, UInt128> Sink(Side side) => (path, value) =>
    {
        if (!_join.TryPair(side, path, value, out UInt128 partner))
            return;
        if (partner == value)
            _unchanged++;
        else
            _updated++;
    };

    private ComparisonResult Conclude(JsonLeafReader left, JsonLeafReader right)
    {
        long paired = _unchanged + _updated;
        if (left.Root == right.Root)
        {
            ComparisonCounts all = new(0, 0, 0, left.Count);
            return new(true, ComparisonFormat.Json, all, all.Describe("values"));
        }

        ComparisonCounts counts = new(right.Count - paired, left.Count - paired, _updated, _unchanged);
        string reason = counts.Describe("values");
        if (_join.Evicted(Side.Baseline) + _join.Evicted(Side.Candidate) > 0)
            reason += " (so far out of order that new and absent are upper bounds)";
        return new(false, ComparisonFormat.Json, counts, reason);
    }
}
