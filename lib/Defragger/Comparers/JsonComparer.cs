using Defragger.Comparers.Differences;
using Defragger.Comparers.Matching;
using Defragger.Comparers.Noise;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers;

/// <summary>Compares two JSON documents leaf by leaf, in whatever order their keys stand.</summary>
/// <remarks>
/// Both sides are read in turn and joined by path: a pair with equal values is Unchanged, another one Updated, a leaf
/// without a partner New or Absent. Elements of an array are told apart by their index.
/// Whether the documents are the same is not asked of the join, which may have to let entries go, but of their
/// canonical hashes: there is no bound under which "same" could be wrong.
/// Values that differ within their tolerance, and differences that a rule covers, are Ignored; those at a path where runs of
/// the baseline differ are Noise.
/// An object that repeats a key is refused. To find one costs 16 bytes a name of the objects that are open: nothing for
/// records, 100 MiB for both sides of a map of two million names.
/// </remarks>
internal sealed class JsonComparer
{
    private readonly StreamingJoin<JsonLeaf> _join;
    private readonly Allowances _allowances;
    private readonly LeafRules _rules;
    private readonly DifferenceList _differences;
    private readonly NoisePlaces _noise;
    private readonly long[] _kinds = new long[Enum.GetValues<DifferenceKind>().Length];
    private long _unchanged;

    private JsonComparer(int joinLimit, Allowances allowances, DifferenceList differences, NoisePlaces noise)
    {
        _differences = differences;
        _noise = noise;
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
        DifferenceList? differences = null,
        NoisePlaces? noise = null)
    {
        differences ??= new DifferenceList(0);
        JsonComparer comparer = new(joinLimit, allowances ?? Allowances.None, differences, noise ?? NoisePlaces.None);
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
            Differ(path, side == Side.Baseline ? leaf : partner, side == Side.Baseline ? partner : leaf);
    };

    private void Differ(UInt128 path, JsonLeaf baseline, JsonLeaf candidate)
    {
        DifferenceKind kind = IsTolerated(baseline, candidate)
            ? DifferenceKind.Ignored
            : Judge(FindingChange.Updated, DifferenceKind.Updated, path, candidate);
        Tell(kind, new(baseline.Offset), new(candidate.Offset));
    }

    private DifferenceKind Judge(FindingChange change, DifferenceKind kind, UInt128 path, JsonLeaf leaf) =>
        _allowances.TryIgnore(change, _rules.RulesOf(leaf.Rules)) ? DifferenceKind.Ignored
        : _noise.IsAsked && _noise.Covers(path) ? DifferenceKind.Noise
        : kind;

    private void Tell(DifferenceKind kind, Extent baseline, Extent candidate)
    {
        _kinds[(int)kind]++;
        _differences.Add(kind, baseline, candidate);
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

        foreach ((Side side, UInt128 path, JsonLeaf leaf) in _join.Waiting())
        {
            Extent here = new(leaf.Offset);
            if (side == Side.Baseline)
                Tell(Judge(FindingChange.Absent, DifferenceKind.Absent, path, leaf), here, Extent.None);
            else
                Tell(Judge(FindingChange.New, DifferenceKind.New, path, leaf), Extent.None, here);
        }

        // What had to leave the join has no partner either, as far as is known.
        ComparisonCounts counts = new(
            Of(DifferenceKind.New) + _join.Evicted(Side.Candidate),
            Of(DifferenceKind.Absent) + _join.Evicted(Side.Baseline),
            Of(DifferenceKind.Updated),
            _unchanged,
            Ignored: Of(DifferenceKind.Ignored),
            Noise: Of(DifferenceKind.Noise));
        string reason = counts.Describe("values");
        if (_join.Evicted(Side.Baseline) + _join.Evicted(Side.Candidate) > 0)
            reason += " (so far out of order that new and absent are upper bounds)";
        return new(!counts.HasDifference, ComparisonFormat.Json, counts, reason);
    }

    private long Of(DifferenceKind kind) => _kinds[(int)kind];
}
