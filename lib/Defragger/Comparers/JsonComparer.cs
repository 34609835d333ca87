using Defragger.Comparers.Differences;
using Defragger.Comparers.Matching;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers;

/// <summary>Compares two JSON documents leaf by leaf, in whatever order their keys stand.</summary>
/// <remarks>
/// Both sides are read in turn and joined by path: a pair with equal values is Unchanged, another one Updated, a leaf
/// without a partner New or Absent. Elements of an array are told apart by their index.
/// Whether the documents are the same is not asked of the join, which may have to let entries go, but of their
/// canonical hashes: there is no bound under which "same" could be wrong.
/// Values that differ within their tolerance, and differences that a rule covers, are Ignored.
/// An object that repeats a key is refused. To find one costs 16 bytes a name of the objects that are open: nothing for
/// records, 100 MiB for both sides of a map of two million names.
/// </remarks>
internal sealed class JsonComparer
{
    private readonly StreamingJoin<JsonLeaf> _join;
    private readonly Allowances _allowances;
    private readonly LeafRules _rules;
    private readonly DifferenceList _differences;
    private long _unchanged;
    private long _updated;
    private long _ignored;

    private JsonComparer(int joinLimit, Allowances allowances, DifferenceList differences)
    {
        _differences = differences;
        _join = new StreamingJoin<JsonLeaf>(joinLimit);
        _allowances = allowances;
        _rules = new LeafRules(allowances);
    }

    public static ComparisonResult Compare(
        SourceFile baseline,
        SourceFile candidate,
        int bufferSize = JsonTokenReader.DefaultBufferSize,
        int joinLimit = StreamingJoin<JsonLeaf>.DefaultLimit,
        Allowances? allowances = null,
        DifferenceList? differences = null)
    {
        differences ??= new DifferenceList(0);
        JsonComparer comparer = new(joinLimit, allowances ?? Allowances.None, differences);
        using JsonLeafReader left = new(baseline, comparer.Sink(Side.Baseline), comparer._rules, bufferSize);
        using JsonLeafReader right = new(candidate, comparer.Sink(Side.Candidate), comparer._rules, bufferSize);
        while (left.Pump() | right.Pump())
        {
        }

        return comparer.Conclude(left, right).WithDifferences(ValueText.Read(differences, baseline, candidate));
    }

    private Action<UInt128, JsonLeaf> Sink(Side side) => (path, leaf) =>
    {
        if (!_join.TryPair(side, path, leaf, out JsonLeaf partner))
            return;
        if (partner.Hash == leaf.Hash)
            _unchanged++;
        else
            Differ(side == Side.Baseline ? leaf : partner, side == Side.Baseline ? partner : leaf);
    };

    private void Differ(JsonLeaf baseline, JsonLeaf candidate)
    {
        bool isIgnored = IsTolerated(baseline, candidate)
            || _allowances.TryIgnore(FindingChange.Updated, _rules.RulesOf(candidate.Rules));
        if (isIgnored)
            _ignored++;
        else
            _updated++;
        _differences.Add(isIgnored ? DifferenceKind.Ignored : DifferenceKind.Updated, new(baseline.Offset), new(candidate.Offset));
    }

    private bool IsTolerated(JsonLeaf leaf, JsonLeaf partner)
    {
        if (_rules.ToleranceOf(leaf.Rules) is not { } tolerance || !tolerance.Covers(leaf.Number, partner.Number))
            return false;
        _allowances.Tolerated++;
        return true;
    }

    private ComparisonResult Conclude(JsonLeafReader left, JsonLeafReader right)
    {
        if (left.Root == right.Root)
        {
            ComparisonCounts all = new(0, 0, 0, left.Count);
            return new(true, ComparisonFormat.Json, all, all.Describe("values"));
        }

        long paired = _unchanged + _updated + _ignored;
        long fresh = right.Count - paired;
        long absent = left.Count - paired;
        foreach ((Side side, _, JsonLeaf leaf) in _join.Waiting())
        {
            FindingChange change = side == Side.Baseline ? FindingChange.Absent : FindingChange.New;
            bool isIgnored = _allowances.TryIgnore(change, _rules.RulesOf(leaf.Rules));
            Extent here = new(leaf.Offset);
            _differences.Add(
                isIgnored ? DifferenceKind.Ignored : side == Side.Baseline ? DifferenceKind.Absent : DifferenceKind.New,
                side == Side.Baseline ? here : Extent.None,
                side == Side.Baseline ? Extent.None : here);
            if (!isIgnored)
                continue;
            _ignored++;
            if (side == Side.Baseline)
                absent--;
            else
                fresh--;
        }

        ComparisonCounts counts = new(fresh, absent, _updated, _unchanged, Ignored: _ignored);
        string reason = counts.Describe("values");
        if (_join.Evicted(Side.Baseline) + _join.Evicted(Side.Candidate) > 0)
            reason += " (so far out of order that new and absent are upper bounds)";
        return new(!counts.HasDifference, ComparisonFormat.Json, counts, reason);
    }
}
