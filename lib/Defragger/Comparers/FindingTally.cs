using Defragger.Comparers.Differences;
using Defragger.Comparers.Matching;
using Defragger.Comparers.Noise;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers;

/// <summary>Counts what became of findings, and tells who asks: rules that ignore, noise, the list of differences.</summary>
/// <remarks>Invariant: each pair, and each finding without a partner, is told once; so the counts add up to both logs.</remarks>
internal sealed class FindingTally
{
    private readonly FindingRules? _rules;
    private readonly NoisePlaces _noise;
    private readonly DifferenceList _differences;
    private readonly Action<FindingPair>? _pairs;
    private readonly long[] _kinds = new long[Enum.GetValues<FindingChange>().Length];
    private long _ignored;
    private long _noisy;

    /// <param name="rules">Ignore rules; null for none.</param>
    /// <param name="noise">Where runs of the baseline differ.</param>
    /// <param name="differences">Where differences are.</param>
    /// <param name="pairs">Told of each finding; null for nobody.</param>
    public FindingTally(FindingRules? rules, NoisePlaces noise, DifferenceList differences, Action<FindingPair>? pairs)
    {
        _rules = rules;
        _noise = noise;
        _differences = differences;
        _pairs = pairs;
    }

    public ComparisonCounts Counts => new(
        Of(FindingChange.New), Of(FindingChange.Absent), Of(FindingChange.Updated), Of(FindingChange.Unchanged), Of(FindingChange.Moved),
        _ignored, _noisy);

    /// <summary>Two findings are equal; these are their numbers.</summary>
    public void TellEqual(long baseline, long candidate)
    {
        Of(FindingChange.Unchanged)++;
        _pairs?.Invoke(new(baseline, candidate, FindingChange.Unchanged));
    }

    /// <summary>Tells of the pairs of a table that have not been told of, and marks them so.</summary>
    public void TellPairs(MatchTable table, FindingMatcher matcher, Side left)
    {
        for (int i = 0; i < table.Left.Findings.Length; i++)
        {
            int j = table.Left.PartnerOf[i];
            if (j == MatchTable.None || table.Left.Findings[i].Partner is not null)
                continue;
            FindingTraits first = table.Left.Findings[i];
            FindingTraits second = table.Right.Findings[j];
            (first.Partner, second.Partner) = (second, first);
            (FindingTraits here, FindingTraits there) = left == Side.Baseline ? (first, second) : (second, first);
            FindingChange change = matcher.ChangeOf(i, j);
            _pairs?.Invoke(new(here.Number, there.Number, change));
            // A rule covers it by the names that the candidate has for its rule and its file.
            if (change == FindingChange.Unchanged || !IsCovered(change, here, there))
                Of(change)++;
        }
    }

    /// <summary>Tells of the findings of a side that have no partner.</summary>
    public void TellFree(MatchSide side, Side name)
    {
        FindingChange change = name == Side.Baseline ? FindingChange.Absent : FindingChange.New;
        for (int i = 0; i < side.Findings.Length; i++)
        {
            if (!side.IsFree(i))
                continue;
            FindingTraits finding = side.Findings[i];
            _pairs?.Invoke(name == Side.Candidate ? new(-1, finding.Number, change) : new(finding.Number, -1, change));
            if (!(name == Side.Candidate ? IsCovered(change, null, finding) : IsCovered(change, finding, null)))
                Of(change)++;
        }
    }

    /// <summary>Takes a difference into account; true when it is ignored or noise.</summary>
    private bool IsCovered(FindingChange change, FindingTraits? baseline, FindingTraits? candidate)
    {
        bool isIgnored = _rules is not null && _rules.TryIgnore(change, (candidate ?? baseline)!);
        // What looks like one finding that changed may be one that comes and another that goes.
        if (_noise.IsLearning && change == FindingChange.Updated)
            _noise.Covers(NoisePlace.Finding(null, candidate));
        bool isNoise = !isIgnored && _noise.IsAsked && _noise.Covers(NoisePlace.Finding(baseline, candidate));
        _ignored += isIgnored ? 1 : 0;
        _noisy += isNoise ? 1 : 0;
        DifferenceKind kind = isIgnored ? DifferenceKind.Ignored : isNoise ? DifferenceKind.Noise : change switch
        {
            FindingChange.New => DifferenceKind.New,
            FindingChange.Absent => DifferenceKind.Absent,
            FindingChange.Updated => DifferenceKind.Updated,
            _ => DifferenceKind.Moved,
        };
        _differences.Add(kind, At(baseline), At(candidate));
        return isIgnored || isNoise;
    }

    private ref long Of(FindingChange change) => ref _kinds[(int)change];

    private static Extent At(FindingTraits? finding) =>
        finding is null ? Extent.None : new(finding.Offset, finding.Length, finding.Number);
}
