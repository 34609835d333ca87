using System.Runtime.InteropServices;
using Defragger.Comparers.Differences;
using Defragger.Comparers.Noise;

namespace Defragger.Comparers;

/// <summary>Counts what differs between two ordered sequences of records, in one pass and bounded memory.</summary>
/// <remarks>
/// The algorithm has two modes.
///
/// Fast: while both sides are byte-equal they are skipped together (<see cref="RecordReader.SkipEqual"/>).
///
/// Gap: at a difference, both sides are read ahead in turn, record n of the one, record n of the other. Each key is
/// looked up among the other side's: a pair (i, j) of equal keys is a place where the sides may come together again.
/// A pair is confirmed if the records after it are equal as well, or both sides end there; it costs i + j. One that is
/// only unique on both sides as far as read costs the same if i = j (records changed in place), but otherwise it may be
/// a stray brace: it costs 4 (i + j) + 8, so that a better place has time to come. Others are not taken. The cheapest
/// pair wins; reading ahead stops when n reaches its cost, since every later pair costs at least n. Equal records
/// directly before the pair are given back to it.
/// The gap then holds i records of the baseline and j of the candidate; min(i, j) of them are Updated in place (Unchanged
/// where the same two face each other), the rest is Absent or New. A record that moved is Absent in one place and New in the other.
///
/// The idea is the look-ahead resynchronisation of the differs that came before Hunt-McIlroy and Myers (compare
/// GNU diff's --speed-large-files, which also gives up on a minimal script), on hashed records.
///
/// Invariants:
/// 1. Unchanged + Updated + Absent = records of the baseline; Unchanged + Updated + New = records of the candidate; but for
///    what is Ignored or Noise.
/// 2. Unchanged pairs never cross and have equal keys: their number is at most the longest common subsequence.
/// 3. No difference is counted if and only if the sequences are equal.
/// 4. Swapping the sides swaps New and Absent and nothing else: in each gap the side whose first key is smaller
///    leads, so every tie is broken the same way.
///
/// Bounds: a gap spans at most <see cref="KeyWindow.DefaultLimit"/> records a side. If nothing is found by then, all
/// that was read is the gap (and <see cref="LostTrack"/> says so: the counts are upper bounds). Memory is 2 rings of
/// 24 bytes and 2 tables of 8 bytes a record: 64 MiB at the limit, a few pages for the usual gap of a few records.
/// Cost: the search for a gap of i + j records looks at no more than 2 (4 (i + j) + 9) keys, and the keys it did not
/// settle are kept, not read again; so the whole is linear.
/// </remarks>
internal sealed class SequenceAligner : IDisposable
{
    private readonly KeyWindow _baseline;
    private readonly KeyWindow _candidate;
    private readonly KeyIndex _baselineIndex;
    private readonly KeyIndex _candidateIndex;
    private readonly int _limit;
    private readonly DifferenceList _differences;
    private readonly LineJudge _judge;
    private readonly long[] _kinds = new long[Enum.GetValues<DifferenceKind>().Length];
    private long _unchanged;
    private long _baselineNumber; // of the record at which the window stands
    private long _candidateNumber;

    /// <param name="baseline">Stays the caller's.</param>
    /// <param name="candidate">Stays the caller's.</param>
    /// <param name="limit">Records of one side that one gap may span; tests lower it.</param>
    /// <param name="differences">Told where differences are; null for nobody.</param>
    /// <param name="judge">Says which differences are ignored or noise; null for none.</param>
    public SequenceAligner(
        RecordReader baseline,
        RecordReader candidate,
        int limit = KeyWindow.DefaultLimit,
        DifferenceList? differences = null,
        LineJudge? judge = null)
    {
        _judge = judge ?? LineJudge.None;
        _differences = differences ?? new DifferenceList(0);
        _limit = limit;
        _baseline = new KeyWindow(baseline, limit);
        _candidate = new KeyWindow(candidate, limit);
        _baselineIndex = new KeyIndex(_baseline);
        _candidateIndex = new KeyIndex(_candidate);
    }

    /// <summary>The record of the baseline, counted from 1, at which there is the first difference that counts; 0 when there is none.</summary>
    public long FirstDifference { get; private set; }

    /// <summary>Some gap reached the limit.</summary>
    public bool LostTrack { get; private set; }

    public ComparisonCounts Align()
    {
        while (true)
        {
            if (_baseline.Count == 0 && _candidate.Count == 0)
                Keep(_baseline.Reader.SkipEqual(_candidate.Reader));
            bool more = _baseline.TryPeek(0, out UInt128 left);
            bool candidateHas = _candidate.TryPeek(0, out UInt128 right);
            if (!more && !candidateHas)
                return Counts;
            if (more && candidateHas && left == right)
            {
                Keep(1);
                _baseline.Drop(1);
                _candidate.Drop(1);
                continue;
            }

            CloseGap();
        }
    }

    public void Dispose()
    {
        _baselineIndex.Dispose();
        _candidateIndex.Dispose();
        _baseline.Dispose();
        _candidate.Dispose();
    }

    private ComparisonCounts Counts => new(
        Of(DifferenceKind.New), Of(DifferenceKind.Absent), Of(DifferenceKind.Updated), _unchanged,
        Ignored: Of(DifferenceKind.Ignored), Noise: Of(DifferenceKind.Noise));

    private ref long Of(DifferenceKind kind) => ref _kinds[(int)kind];

    private void Keep(long records)
    {
        _unchanged += records;
        _baselineNumber += records;
        _candidateNumber += records;
    }

    private void CloseGap()
    {
        if (_baseline.Count == 0 || _candidate.Count == 0)
        {
            // One side is at its end: what the other still has, it has alone.
            while (_baseline.TryPeek(0, out _))
                Settle(1, 0);
            while (_candidate.TryPeek(0, out _))
                Settle(0, 1);
            return;
        }

        (int absent, int added) = _baseline[0] < _candidate[0]
            ? new GapSearch(_baseline, _candidate, _baselineIndex, _candidateIndex, _limit).Run()
            : Swap(new GapSearch(_candidate, _baseline, _candidateIndex, _baselineIndex, _limit).Run());
        LostTrack |= absent == _limit || added == _limit;
        Settle(absent, added);
    }

    /// <summary>The first records of both sides are a gap.</summary>
    private void Settle(int absent, int added)
    {
        DifferenceKind ofInsertion = added > absent ? _judge.OfInsertion(_baselineNumber, absent) : DifferenceKind.New;
        for (int i = 0; i < Math.Max(absent, added); i++)
        {
            (bool isHere, bool isThere) = (i < absent, i < added);
            if (isHere && isThere && _baseline[i] == _candidate[i])
            {
                _unchanged++; // the search knows one place of a key that repeats, so equal ones may face each other here
                continue;
            }

            Extent here = isHere ? new(_baseline.OffsetOf(i), Number: _baselineNumber + i) : Extent.None;
            Extent there = isThere ? new(_candidate.OffsetOf(i), Number: _candidateNumber + i) : Extent.None;
            DifferenceKind kind = !isHere ? ofInsertion : isThere ? _judge.OfPair(here, there) : _judge.OfAbsent(here);
            _differences.Add(kind, here, there);
            Count(kind, i);
        }

        _baseline.Drop(absent);
        _candidate.Drop(added);
        _baselineNumber += absent;
        _candidateNumber += added;
    }

    private void Count(DifferenceKind kind, int at)
    {
        Of(kind)++;
        if (FirstDifference == 0 && kind is not (DifferenceKind.Ignored or DifferenceKind.Noise))
            FirstDifference = _baselineNumber + at + 1;
    }

    private static (int, int) Swap((int First, int Second) pair) => (pair.Second, pair.First);

    /// <summary>
    /// The search for the end of one gap: how many records of the leader and of the other side it spans.
    /// </summary>
    [StructLayout(LayoutKind.Auto)]
    private ref struct GapSearch(
        KeyWindow leader,
        KeyWindow other,
        KeyIndex leaderIndex,
        KeyIndex otherIndex,
        int limit)
    {
        private int _bestLeader = -1;
        private int _bestOther = -1;
        private int _bestCost = int.MaxValue;

        public (int Leader, int Other) Run()
        {
            leaderIndex.Clear();
            otherIndex.Clear();
            int n = 0;
            for (; n < limit && n < _bestCost; n++)
            {
                bool leaderHas = leader.TryPeek(n, out UInt128 leaderKey);
                bool otherHas = other.TryPeek(n, out UInt128 otherKey);
                if (!leaderHas && !otherHas)
                    break;
                if (leaderHas)
                {
                    leaderIndex.Add();
                    Consider(n, otherIndex.Find(leaderKey, out _), leaderKey);
                }

                if (otherHas)
                {
                    otherIndex.Add();
                    Consider(leaderIndex.Find(otherKey, out _), n, otherKey);
                }
            }

            return _bestLeader < 0 ? (Math.Min(leader.Count, n), Math.Min(other.Count, n)) : BestWithEqualBefore();
        }

        private void Consider(int i, int j, UInt128 key)
        {
            if (i < 0 || j < 0 || i + j >= _bestCost)
                return;
            int cost = Cost(i, j, key);
            if (cost >= _bestCost)
                return;
            _bestLeader = i;
            _bestOther = j;
            _bestCost = cost;
        }

        private readonly int Cost(int i, int j, UInt128 key)
        {
            if (IsFollowedByEqual(i, j))
                return i + j;
            if (!IsUnique(key))
                return int.MaxValue;
            return i == j ? i + j : (4 * (i + j)) + 8;
        }

        private readonly bool IsUnique(UInt128 key)
        {
            leaderIndex.Find(key, out bool leaderRepeats);
            otherIndex.Find(key, out bool otherRepeats);
            return !leaderRepeats && !otherRepeats;
        }

        private readonly bool IsFollowedByEqual(int i, int j)
        {
            bool leaderHas = leader.TryPeek(i + 1, out UInt128 leaderKey);
            bool otherHas = other.TryPeek(j + 1, out UInt128 otherKey);
            return leaderHas == otherHas && leaderKey == otherKey;
        }

        private readonly (int Leader, int Other) BestWithEqualBefore()
        {
            int i = _bestLeader;
            int j = _bestOther;
            while (i > 0 && j > 0 && leader[i - 1] == other[j - 1])
            {
                i--;
                j--;
            }

            return (i, j);
        }
    }
}
