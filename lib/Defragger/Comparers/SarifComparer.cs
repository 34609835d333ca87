namespace Defragger.Comparers;

/// <summary>Compares the findings of two SARIF logs.</summary>
/// <remarks>
/// Pass 1 pairs findings with equal keys (tool, rule, file, line, message, and what they are held for: level and kind),
/// one to one: Unchanged.
/// Pass 2 pairs what is left, by the same without level and kind, then by fingerprints: Updated. The rest is Absent or New.
///
/// Invariants:
/// 1. Each finding is in at most one pair; k equal findings count k times.
/// 2. Whether the logs are the same is asked of the sums of their keys (modulo 2^128), which no bound on the waiting
///    findings can falsify. The order of the findings does not matter.
/// Memory: a waiting finding is about 60 bytes, and 16 more a fingerprint; with levels 24 and 16 more. At most <see cref="DefaultLimit"/> wait.
/// </remarks>
internal sealed class SarifComparer
{
    /// <summary>A third of what leaves of JSON may wait: fingerprints and pass 2 need twice as much again.</summary>
    public const int DefaultLimit = StreamingJoin<UInt128[]?>.DefaultLimit / 3;

    private readonly StreamingJoin<UInt128[]?> _join;
    private readonly UInt128[] _sums = new UInt128[2];
    private long _unchanged;
    private bool _haveLevels; // some finding tells a level or a kind

    private SarifComparer(int joinLimit) => _join = new StreamingJoin<UInt128[]?>(joinLimit);

    public static ComparisonResult Compare(
        SourceFile baseline,
        SourceFile candidate,
        int bufferSize = JsonTokenReader.DefaultBufferSize,
        int joinLimit = DefaultLimit)
    {
        SarifComparer comparer = new(joinLimit);
        using SarifFindingReader left = new(baseline, comparer.Sink(Side.Baseline), bufferSize);
        using SarifFindingReader right = new(candidate, comparer.Sink(Side.Candidate), bufferSize);
        while (left.PumpSarif() | right.PumpSarif())
        {
        }

        return comparer.Conclude(left.Count, right.Count);
    }

    private Action<SarifFinding> Sink(Side side) => finding =>
    {
        ref UInt128 sum = ref _sums[(int)side];
        sum = unchecked(sum + finding.Key);
        UInt128[]? marks = finding.Fingerprints;
        if (finding.Key != finding.Identity)
        {
            _haveLevels = true;
            marks = WithIdentity(finding.Identity, marks);
        }

        if (_join.TryPair(side, finding.Key, marks, out _))
            _unchanged++;
    };

    private ComparisonResult Conclude(long baseline, long candidate)
    {
        if (baseline == candidate && _sums[0] == _sums[1])
        {
            ComparisonCounts all = new(0, 0, 0, baseline);
            return new(true, ComparisonFormat.Sarif, all, all.Describe("findings"));
        }

        long updated = FingerprintMatcher.CountPairs(Leftovers(Side.Baseline), Leftovers(Side.Candidate));
        long paired = _unchanged + updated;
        ComparisonCounts counts = new(candidate - paired, baseline - paired, updated, _unchanged);
        string reason = counts.Describe("findings");
        if (_join.Evicted(Side.Baseline) + _join.Evicted(Side.Candidate) > 0)
            reason += " (so many are left over that new and absent are upper bounds)";
        return new(false, ComparisonFormat.Sarif, counts, reason);
    }

    // Without any level, equal identities are equal keys: all of those were paired in pass 1.
    private List<UInt128[]?> Leftovers(Side side) =>
    [
        .. _join.Waiting().Where(entry => entry.Side == side)
            .Select(entry => _haveLevels && !HasIdentity(entry.Payload) ? WithIdentity(entry.Key, entry.Payload) : entry.Payload),
    ];

    private static bool HasIdentity(UInt128[]? marks) =>
        marks is { Length: > 0 } && SarifFinding.KindOf(marks[0]) == SarifFinding.Kind.Identity;

    private static UInt128[] WithIdentity(UInt128 identity, UInt128[]? marks) =>
        [SarifFinding.Mark(identity, SarifFinding.Kind.Identity), .. marks ?? []];
}
