using Defragger.Comparers.Records;

namespace Defragger.Comparers.Matching;

/// <summary>Matches the findings that have no equal one in the other log, however many they are.</summary>
/// <remarks>
/// Up to <c>limit</c> of both logs are matched whole, by all passes. When there are more, they are sorted on the disk:
///
///     1  file by file, by the passes that look for a partner in the same file; what these do not pair is matched whole, with
///        the pairs beside it, which say how lines moved there
///     2  if that is still too much, it is sorted by rule and message, and matched part by part
///
/// Invariants:
/// 1. The result does not depend on the order of the findings, nor on which log is called the baseline.
/// 2. After step 1 it is the one of a whole match, but where a fingerprint has its partner in another file and the message
///    has one in the same: then the message decides.
/// 3. After step 2 (<see cref="IsBounded"/>), or where one file alone has more than half of <c>limit</c> left over and is cut by rules and
///    messages, pairs may be missed whose halves are in different parts: New and Absent are upper bounds.
/// Memory: <c>limit</c> findings (about 250 bytes each with what the passes need), two sorters.
/// </remarks>
internal sealed class LeftoverMatcher
{
    private readonly FindingTally _tally;
    private readonly FingerprintNames _fingerprints;
    private readonly TraitsPool _pool;
    private readonly LogNames[] _logs;
    private readonly int _limit;
    private readonly int _partLimit; // a part and what is left of the parts before it are held at once
    private readonly int _sortCapacity;
    private readonly string _subject;
    private readonly Side _left;
    private readonly Side _right;

    /// <param name="tally">Told what becomes of each finding.</param>
    /// <param name="fingerprints">Of all findings of both logs.</param>
    /// <param name="pool">Where traits come from, and go.</param>
    /// <param name="logs">Names in the baseline and in the candidate.</param>
    /// <param name="swapped">The passes see the candidate first.</param>
    /// <param name="limit">Findings that are matched at once.</param>
    /// <param name="sortCapacity">Findings that are sorted in memory at most.</param>
    /// <param name="subject">What is compared, for messages: a path.</param>
    public LeftoverMatcher(
        FindingTally tally,
        FingerprintNames fingerprints,
        TraitsPool pool,
        LogNames[] logs,
        bool swapped,
        int limit,
        int sortCapacity,
        string subject)
    {
        (_tally, _fingerprints, _pool, _logs) = (tally, fingerprints, pool, logs);
        (_limit, _partLimit, _sortCapacity, _subject) = (limit, Math.Max(1, limit / 2), sortCapacity, subject);
        (_left, _right) = swapped ? (Side.Candidate, Side.Baseline) : (Side.Baseline, Side.Candidate);
    }

    /// <summary>There were too many to match them whole.</summary>
    public bool IsInParts { get; private set; }

    /// <summary>Pairs may have been missed: New and Absent are upper bounds.</summary>
    public bool IsBounded { get; private set; }

    /// <summary>Matches findings that fit in memory, and tells of all of them.</summary>
    /// <param name="findings">Of both logs, in any order.</param>
    public void MatchWhole(IEnumerable<(Side Side, FindingTraits Finding)> findings) => MatchWhole(Part.Of(findings));

    /// <summary>Matches any number of findings, and tells of all of them.</summary>
    /// <param name="findings">Of both logs, in any order.</param>
    /// <exception cref="ComparisonException">The disk cannot be written or read.</exception>
    public void Match(IEnumerable<StoredFinding> findings)
    {
        Part first = new();
        DiskSorter<FindingOfFile>? byFile = null;
        try
        {
            foreach (StoredFinding finding in findings)
            {
                if (byFile is null && first.Count == _limit)
                {
                    byFile = new DiskSorter<FindingOfFile>(_subject, _sortCapacity);
                    Store(first, byFile);
                }

                if (byFile is null)
                    first.Add(finding.Side, finding.Load(_pool));
                else
                    byFile.Add(new FindingOfFile(finding));
            }

            if (byFile is null)
                MatchWhole(first);
            else
                MatchByFile(byFile.Sorted());
        }
        finally
        {
            byFile?.Dispose();
        }
    }

    private void MatchByFile(IEnumerable<FindingOfFile> sorted)
    {
        IsInParts = true;
        Part rest = new();
        DiskSorter<FindingOfRule>? byRule = null;
        try
        {
            foreach (Part part in Parts(sorted))
            {
                MatchTable table = part.Table(_left);
                FindingMatcher matcher = new(table);
                matcher.RunInFiles(_fingerprints);
                _tally.TellPairs(table, matcher, _left);
                part.Clear();
                KeepUnsettled(table, rest);
                if (byRule is null && rest.Count <= _partLimit)
                    continue;
                byRule ??= new DiskSorter<FindingOfRule>(_subject, _sortCapacity);
                Store(rest, byRule);
            }

            if (byRule is null)
            {
                MatchWhole(rest);
                return;
            }

            IsBounded = true;
            foreach (Part part in Parts(byRule.Sorted()))
                MatchWhole(part);
        }
        finally
        {
            byRule?.Dispose();
        }
    }

    private void MatchWhole(Part part)
    {
        MatchTable table = part.Table(_left);
        FindingMatcher matcher = new(table);
        matcher.Run(_fingerprints, _logs[(int)_left], _logs[(int)_right]);
        _tally.TellPairs(table, matcher, _left);
        _tally.TellFree(table.Left, _left);
        _tally.TellFree(table.Right, _right);
        part.Clear();
        foreach (FindingTraits finding in table.Left.Findings.Concat(table.Right.Findings))
            _pool.Return(finding);
    }

    /// <summary>Keeps what has no partner, and the pairs beside it; gives back the rest.</summary>
    private void KeepUnsettled(MatchTable table, Part rest)
    {
        bool[] left = new bool[table.Left.Findings.Length];
        bool[] right = new bool[table.Right.Findings.Length];
        Mark(table.Left, left, right);
        Mark(table.Right, right, left);
        Sort(table.Left, left, _left);
        Sort(table.Right, right, _right);

        static void Mark(MatchSide side, bool[] own, bool[] others)
        {
            for (int i = 0; i < own.Length; i++)
            {
                if (!side.IsFree(i))
                    continue;
                for (int beside = Math.Max(0, i - 1); beside <= Math.Min(i + 1, own.Length - 1); beside++)
                {
                    own[beside] = true;
                    if (!side.IsFree(beside))
                        others[side.PartnerOf[beside]] = true;
                }
            }
        }

        void Sort(MatchSide side, bool[] isKept, Side name)
        {
            for (int i = 0; i < isKept.Length; i++)
            {
                if (isKept[i])
                    rest.Add(name, side.Findings[i]);
                else
                    _pool.Return(side.Findings[i]);
            }
        }
    }

    /// <summary>Puts those without a partner on the disk.</summary>
    private void Store<T>(Part part, DiskSorter<T> sorter)
        where T : unmanaged, IPartOrder<T>
    {
        foreach ((Side side, FindingTraits finding) in part.All)
        {
            if (finding.Partner is null)
                sorter.Add(T.Of(new StoredFinding(side, finding)));
            _pool.Return(finding);
        }

        part.Clear();
    }

    /// <summary>Sorted findings in parts, cut where the widest scope changes that changes in a part.</summary>
    private IEnumerable<Part> Parts<T>(IEnumerable<T> sorted)
        where T : unmanaged, IPartOrder<T>
    {
        Part part = new();
        int wide = 0, middle = 0, narrow = 0;
        (ulong Wide, ulong Middle, ulong Narrow) scope = default;
        foreach (T item in sorted)
        {
            if (part.Count > 0 && item.Scope != scope)
            {
                narrow = part.Count;
                middle = item.Scope.Wide != scope.Wide || item.Scope.Middle != scope.Middle ? part.Count : middle;
                wide = item.Scope.Wide != scope.Wide ? part.Count : wide;
            }

            if (part.Count == _partLimit)
            {
                IsBounded |= wide == 0;
                int cut = wide > 0 ? wide : middle > 0 ? middle : narrow > 0 ? narrow : part.Count;
                Part next = part.CutAt(cut);
                yield return part;
                part = next;
                (wide, middle, narrow) = (Math.Max(0, wide - cut), Math.Max(0, middle - cut), Math.Max(0, narrow - cut));
            }

            scope = item.Scope;
            part.Add(item.Finding.Side, item.Finding.Load(_pool));
        }

        if (part.Count > 0)
            yield return part;
    }

    /// <summary>Findings of both logs.</summary>
    private sealed class Part
    {
        private List<(Side Side, FindingTraits Finding)> _all = [];

        public int Count => _all.Count;

        public IReadOnlyList<(Side Side, FindingTraits Finding)> All => _all;

        public static Part Of(IEnumerable<(Side Side, FindingTraits Finding)> findings) => new() { _all = [.. findings] };

        public void Add(Side side, FindingTraits finding) => _all.Add((side, finding));

        public void Clear() => _all.Clear();

        /// <summary>Keeps the first ones, and gives the others.</summary>
        public Part CutAt(int count)
        {
            Part others = new() { _all = _all.GetRange(count, _all.Count - count) };
            _all.RemoveRange(count, _all.Count - count);
            return others;
        }

        public MatchTable Table(Side left) => new(Of(left), Of(left == Side.Baseline ? Side.Candidate : Side.Baseline));

        private FindingTraits[] Of(Side side) => [.. _all.Where(one => one.Side == side).Select(one => one.Finding)];
    }
}
