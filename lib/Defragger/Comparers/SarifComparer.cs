using Defragger.Comparers.Differences;
using Defragger.Comparers.Matching;
using Defragger.Comparers.Noise;
using Defragger.Comparers.Rules;
using Defragger.Comparers.Xml;

namespace Defragger.Comparers;

/// <summary>Compares the findings of two SARIF logs, or of two XML reports.</summary>
/// <remarks>
/// While the logs are read, findings with equal keys (all that is compared, and the fingerprints) are paired one to one and
/// forgotten. What is left over goes through the passes of <see cref="FindingMatcher"/>. What has no partner after them is
/// New or Absent.
///
/// Invariants:
/// 1. Each finding is in at most one pair; k equal findings count k times.
/// 2. Whether the logs are the same is asked of the sums of their contents (modulo 2^128), which no bound on the waiting
///    findings can falsify. The order of the findings does not matter.
/// 3. Swapping the logs swaps New and Absent and nothing else: the passes see first the log with the smaller sum.
/// Memory: a waiting finding is about 190 bytes, 16 more a fingerprint, and as much again for the passes. At most
/// <see cref="DefaultLimit"/> wait.
/// When so many do, they are matched at once, by the passes that need not know the rest of the logs, and what is paired waits
/// no more: logs of which every finding moved need not be held whole. From then on 3 and the independence of the order are not
/// promised, and the reason says so. Once that pairs less than a quarter, the oldest leave unpaired instead.
/// </remarks>
internal sealed class SarifComparer
{
    /// <summary>With all of them left over, a comparer holds less than 100 MB.</summary>
    public const int DefaultLimit = 200_000;

    private readonly StreamingJoin<FindingTraits> _join;
    private readonly FingerprintNames _names = new();
    private readonly TraitsPool _pool = new();
    private readonly LogNames[] _logs = [new(), new()];
    private readonly UInt128[] _sums = new UInt128[2];
    private readonly Action<FindingPair>? _pairs;
    private readonly FindingRules? _rules;
    private readonly DifferenceList _differences;
    private readonly NoisePlaces _noise;
    private readonly int _limit;
    private readonly long[] _kinds = new long[Enum.GetValues<FindingChange>().Length];
    private readonly long[] _covered = new long[Enum.GetValues<FindingChange>().Length]; // ignored or noise
    private bool _thins = true;
    private bool _isInParts;
    private long _ignored;
    private long _noisy;

    private SarifComparer(int joinLimit, Action<FindingPair>? pairs, Allowances? allowances, DifferenceList differences, NoisePlaces noise)
    {
        _limit = joinLimit;
        _differences = differences;
        _noise = noise;
        if (allowances is { HasRules: true })
            _rules = new FindingRules(allowances);
        _join = new StreamingJoin<FindingTraits>(joinLimit, (_, _, traits) => _pool.Return(traits));
        _pairs = pairs;
    }

    /// <param name="baseline">The baseline's log.</param>
    /// <param name="candidate">The candidate's log.</param>
    /// <param name="bufferSize">Bytes read at once.</param>
    /// <param name="joinLimit">Findings of both sides that wait for a partner at most.</param>
    /// <param name="pairs">Told what became of each finding, in no particular order; not of findings that had to leave
    /// because of the limit.</param>
    /// <param name="allowances">What may differ; null for nothing.</param>
    /// <param name="differences">Told where differences are; null for nobody.</param>
    /// <param name="noise">Where runs of the baseline differ; null for nowhere.</param>
    public static ComparisonResult Compare(
        SourceFile baseline,
        SourceFile candidate,
        int bufferSize = JsonTokenReader.DefaultBufferSize,
        int joinLimit = DefaultLimit,
        Action<FindingPair>? pairs = null,
        Allowances? allowances = null,
        DifferenceList? differences = null,
        NoisePlaces? noise = null)
    {
        differences ??= new DifferenceList(0);
        SarifComparer comparer = new(joinLimit, pairs, allowances, differences, noise ?? NoisePlaces.None);
        using SarifFindingReader left = new(baseline, comparer._names, comparer._pool, comparer.Sink(Side.Baseline), bufferSize, comparer._rules);
        using SarifFindingReader right = new(candidate, comparer._names, comparer._pool, comparer.Sink(Side.Candidate), bufferSize, comparer._rules);
        return comparer.Run(left, right, ComparisonFormat.Sarif).WithDifferences(FindingText.Read(differences, baseline, candidate));
    }

    /// <summary>The same for two XML reports.</summary>
    public static ComparisonResult CompareXml(
        SourceFile baseline, SourceFile candidate, Allowances allowances, DifferenceList differences, NoisePlaces noise)
    {
        SarifComparer comparer = new(DefaultLimit, null, allowances, differences, noise);
        using XmlFindingReader left = new(baseline, comparer._names, comparer._pool, comparer.Sink(Side.Baseline), comparer._rules);
        using XmlFindingReader right = new(candidate, comparer._names, comparer._pool, comparer.Sink(Side.Candidate), comparer._rules);
        return comparer.Run(left, right, ComparisonFormat.Xml).WithDifferences(XmlText.Read(differences, baseline, candidate));
    }

    private ComparisonResult Run(IFindingReader left, IFindingReader right, ComparisonFormat format)
    {
        while (left.PumpFindings() | right.PumpFindings())
        {
        }

        return Conclude(left.Count, right.Count, format);
    }

    private Action<SarifFinding> Sink(Side side) => finding =>
    {
        ref UInt128 sum = ref _sums[(int)side];
        sum = unchecked(sum + finding.Content);
        FindingTraits traits = finding.Traits;
        _logs[(int)side].Files.Add(traits.File);
        _logs[(int)side].Rules.Add(traits.Rule);
        foreach (Fingerprint print in traits.Fingerprints)
            _names.Count(side, print, FindingTraits.Join(traits.Rule, traits.File));
        if (_thins && _join.Count == _limit)
            Thin();
        if (!_join.TryPair(side, finding.Key, traits, out FindingTraits partner))
            return;
        _kinds[(int)FindingChange.Unchanged]++;
        _pairs?.Invoke(side == Side.Candidate
            ? new(partner.Number, traits.Number, FindingChange.Unchanged)
            : new(traits.Number, partner.Number, FindingChange.Unchanged));
        _pool.Return(traits);
        _pool.Return(partner);
    };

    private ComparisonResult Conclude(long baseline, long candidate, ComparisonFormat format)
    {
        bool same = baseline == candidate && _sums[0] == _sums[1];
        if (same && _pairs is null)
        {
            ComparisonCounts all = new(0, 0, 0, baseline);
            return new(true, format, all, all.Describe("findings"));
        }

        ComparisonCounts counts = Match(baseline, candidate);
        string reason = counts.Describe("findings");
        if (_join.Evicted(Side.Baseline) + _join.Evicted(Side.Candidate) > 0)
            reason += " (so many are left over that new and absent are upper bounds)";
        else if (_isInParts)
            reason += $" (matched in parts: more than {_limit} waited at once)";
        return new(same || !counts.HasDifference, format, counts, reason);
    }

    private ComparisonCounts Match(long baseline, long candidate)
    {
        bool swapped = _sums[0] > _sums[1];
        MatchTable table = Waiting(swapped);
        FindingMatcher matcher = new(table);
        matcher.Run(_names, _logs[swapped ? 1 : 0], _logs[swapped ? 0 : 1]);
        TellPairs(table, matcher, swapped);
        _covered[(int)FindingChange.Absent] = TellFree(swapped ? table.Right : table.Left, FindingChange.Absent);
        _covered[(int)FindingChange.New] = TellFree(swapped ? table.Left : table.Right, FindingChange.New);
        long paired = _kinds.Sum();
        _kinds[(int)FindingChange.New] = candidate - paired;
        _kinds[(int)FindingChange.Absent] = baseline - paired;
        long Of(FindingChange change) => _kinds[(int)change] - _covered[(int)change];
        return new(
            Of(FindingChange.New),
            Of(FindingChange.Absent),
            Of(FindingChange.Updated),
            Of(FindingChange.Unchanged),
            Of(FindingChange.Moved),
            _ignored,
            _noisy);
    }

    /// <summary>Matches what waits before the logs are at their end, and lets go of what is paired.</summary>
    private void Thin()
    {
        MatchTable table = Waiting(swapped: false);
        FindingMatcher matcher = new(table);
        matcher.RunEarly(_names);
        TellPairs(table, matcher, swapped: false);
        _join.Keep(static finding => !finding.IsPaired);
        foreach (FindingTraits finding in table.Left.Findings.Concat(table.Right.Findings).Where(finding => finding.IsPaired))
            _pool.Return(finding);
        _isInParts |= _join.Count < _limit;
        _thins = _join.Count <= _limit / 4 * 3;
    }

    private MatchTable Waiting(bool swapped) =>
        new(Leftovers(swapped ? Side.Candidate : Side.Baseline), Leftovers(swapped ? Side.Baseline : Side.Candidate));

    private void TellPairs(MatchTable table, FindingMatcher matcher, bool swapped)
    {
        for (int i = 0; i < table.Left.Findings.Length; i++)
        {
            int j = table.Left.PartnerOf[i];
            if (j == MatchTable.None)
                continue;
            FindingChange change = matcher.ChangeOf(i, j);
            _kinds[(int)change]++;
            FindingTraits here = swapped ? table.Right.Findings[j] : table.Left.Findings[i];
            FindingTraits there = swapped ? table.Left.Findings[i] : table.Right.Findings[j];
            here.IsPaired = there.IsPaired = true;
            // A rule covers it by the names that the candidate has for its rule and its file.
            if (change != FindingChange.Unchanged && Judge(change, here, there))
                _covered[(int)change]++;
            _pairs?.Invoke(new(here.Number, there.Number, change));
        }
    }

    /// <summary>Tells of the findings without a partner; how many of them are ignored or noise.</summary>
    private long TellFree(MatchSide side, FindingChange change)
    {
        long covered = 0;
        for (int i = 0; i < side.Findings.Length; i++)
        {
            if (!side.IsFree(i))
                continue;
            long number = side.Findings[i].Number;
            _pairs?.Invoke(change == FindingChange.New ? new(-1, number, change) : new(number, -1, change));
            FindingTraits finding = side.Findings[i];
            covered += (change == FindingChange.New ? Judge(change, null, finding) : Judge(change, finding, null)) ? 1 : 0;
        }

        return covered;
    }

    /// <summary>Takes a difference into account; true when it is ignored or noise.</summary>
    private bool Judge(FindingChange change, FindingTraits? baseline, FindingTraits? candidate)
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

    private static Extent At(FindingTraits? finding) =>
        finding is null ? Extent.None : new(finding.Offset, finding.Length, finding.Number);

    private FindingTraits[] Leftovers(Side side) =>
        [.. _join.Waiting().Where(entry => entry.Side == side).Select(entry => entry.Payload)];
}
