using Defragger.Comparers.Differences;
using Defragger.Comparers.Matching;
using Defragger.Comparers.Noise;
using Defragger.Comparers.Records;
using Defragger.Comparers.Rules;
using Defragger.Comparers.Xml;

namespace Defragger.Comparers;

/// <summary>Compares the findings of two SARIF logs, or of two XML reports.</summary>
/// <remarks>
/// While the logs are read, findings with equal keys (all that is compared, and the fingerprints) are paired one to one and
/// forgotten. Those that wait longest are put on the disk (<see cref="DiskSorter{T}"/>), and find an equal one at the end. What is
/// left over goes through the passes (<see cref="LeftoverMatcher"/>). What has no partner after them is New or Absent.
///
/// Invariants:
/// 1. Each finding is in at most one pair; k equal findings count k times.
/// 2. Whether the logs are the same is asked of the sums of their contents (modulo 2^128), which nothing else can falsify.
/// 3. The order of the findings does not matter, nor how many of them went through the disk.
/// 4. Swapping the logs swaps New and Absent and nothing else: the passes see first the log with the smaller sum.
/// Memory: a waiting finding is about 200 bytes, 16 more a fingerprint, and as much again for the passes. At most
/// <see cref="DefaultLimit"/> wait, or are matched at once. On the disk a finding has 192 bytes.
/// </remarks>
internal sealed class SarifComparer : IDisposable
{
    /// <summary>With all of them left over, a comparer holds less than 100 MB.</summary>
    public const int DefaultLimit = 200_000;

    /// <summary>12 MiB on the way to the disk.</summary>
    private const int SortCapacity = 1 << 16;

    private readonly string _subject;
    private readonly FingerprintNames _names = new();
    private readonly TraitsPool _pool = new();
    private readonly LogNames[] _logs = [new(), new()];
    private readonly UInt128[] _sums = new UInt128[2];
    private readonly bool _tellsAll;
    private readonly FindingRules? _rules;
    private readonly FindingTally _tally;
    private readonly DiskSorter<StoredFinding> _stored;
    private readonly int _matchLimit;
    private readonly int _sortCapacity;
    private StreamingJoin<FindingTraits> _join;

    private SarifComparer(
        string subject,
        Action<FindingPair>? pairs,
        Allowances? allowances,
        DifferenceList differences,
        NoisePlaces noise,
        int joinLimit = DefaultLimit,
        int matchLimit = DefaultLimit,
        int sortCapacity = SortCapacity)
    {
        _subject = subject;
        _tellsAll = pairs is not null;
        if (allowances is { HasRules: true })
            _rules = new FindingRules(allowances);
        _tally = new FindingTally(_rules, noise, differences, pairs);
        _stored = new DiskSorter<StoredFinding>(subject, sortCapacity);
        (_matchLimit, _sortCapacity) = (matchLimit, sortCapacity);
        _join = new StreamingJoin<FindingTraits>(joinLimit, (side, _, traits) => Store(side, traits));
    }

    /// <param name="baseline">The baseline's log.</param>
    /// <param name="candidate">The candidate's log.</param>
    /// <param name="bufferSize">Bytes read at once.</param>
    /// <param name="joinLimit">Findings of both sides that wait for an equal one in memory at most.</param>
    /// <param name="matchLimit">Findings without an equal one that are matched at once.</param>
    /// <param name="sortCapacity">Findings that are sorted in memory at most.</param>
    /// <param name="pairs">Told what became of each finding, in no particular order.</param>
    /// <param name="allowances">What may differ; null for nothing.</param>
    /// <param name="differences">Told where differences are; null for nobody.</param>
    /// <param name="noise">Where runs of the baseline differ; null for nowhere.</param>
    public static ComparisonResult Compare(
        SourceFile baseline,
        SourceFile candidate,
        int bufferSize = JsonTokenReader.DefaultBufferSize,
        int joinLimit = DefaultLimit,
        int matchLimit = DefaultLimit,
        int sortCapacity = SortCapacity,
        Action<FindingPair>? pairs = null,
        Allowances? allowances = null,
        DifferenceList? differences = null,
        NoisePlaces? noise = null)
    {
        differences ??= new DifferenceList(0);
        using SarifComparer comparer = new(
            baseline.Path, pairs, allowances, differences, noise ?? NoisePlaces.None, joinLimit, matchLimit, sortCapacity);
        using SarifFindingReader left = new(baseline, comparer._names, comparer._pool, comparer.Sink(Side.Baseline), bufferSize, comparer._rules);
        using SarifFindingReader right = new(candidate, comparer._names, comparer._pool, comparer.Sink(Side.Candidate), bufferSize, comparer._rules);
        return comparer.Run(left, right, ComparisonFormat.Sarif).WithDifferences(FindingText.Read(differences, baseline, candidate));
    }

    /// <summary>The same for two XML reports.</summary>
    public static ComparisonResult CompareXml(
        SourceFile baseline, SourceFile candidate, Allowances allowances, DifferenceList differences, NoisePlaces noise)
    {
        using SarifComparer comparer = new(baseline.Path, null, allowances, differences, noise);
        using XmlFindingReader left = new(baseline, comparer._names, comparer._pool, comparer.Sink(Side.Baseline), comparer._rules);
        using XmlFindingReader right = new(candidate, comparer._names, comparer._pool, comparer.Sink(Side.Candidate), comparer._rules);
        return comparer.Run(left, right, ComparisonFormat.Xml).WithDifferences(XmlText.Read(differences, baseline, candidate));
    }

    public void Dispose() => _stored.Dispose();

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
        if (!_join.TryPair(side, finding.Key, traits, out FindingTraits partner))
            return;
        if (side == Side.Candidate)
            _tally.TellEqual(partner.Number, traits.Number);
        else
            _tally.TellEqual(traits.Number, partner.Number);
        _pool.Return(traits);
        _pool.Return(partner);
    };

    private void Store(Side side, FindingTraits traits)
    {
        _stored.Add(new StoredFinding(side, traits));
        _pool.Return(traits);
    }

    private ComparisonResult Conclude(long baseline, long candidate, ComparisonFormat format)
    {
        bool same = baseline == candidate && _sums[0] == _sums[1];
        if (same && !_tellsAll)
        {
            ComparisonCounts all = new(0, 0, 0, baseline);
            return new(true, format, all, all.Describe("findings"));
        }

        LeftoverMatcher matcher = new(_tally, _names, _pool, _logs, _sums[0] > _sums[1], _matchLimit, _sortCapacity, _subject);
        Match(matcher);
        ComparisonCounts counts = _tally.Counts;
        string reason = counts.Describe("findings");
        if (matcher.IsBounded)
            reason += " (so many are left over that new and absent are upper bounds)";
        else if (matcher.IsInParts)
            reason += $" (matched file by file: more than {_matchLimit} were left over)";
        return new(same || !counts.HasDifference, format, counts, reason);
    }

    private void Match(LeftoverMatcher matcher)
    {
        if (_join.Evicted(Side.Baseline) + _join.Evicted(Side.Candidate) == 0 && _join.Count <= _matchLimit)
        {
            matcher.MatchWhole(_join.Waiting().Select(entry => (entry.Side, entry.Payload)));
            return;
        }

        foreach ((Side side, _, FindingTraits traits) in _join.Waiting())
            Store(side, traits);
        _join = new StreamingJoin<FindingTraits>(); // what it held is needed no more
        matcher.Match(EqualPass.Run(_stored.Sorted(), _tally.TellEqual));
    }
}
