using Defragger.Comparers.Differences;

namespace Defragger.Comparers.Records;

/// <summary>The records of one key, counted as they come: sorted by content, those of the baseline first.</summary>
/// <remarks>
/// Records with equal contents take each other away; of the rest, the first of each side are pairs that were updated, and
/// what then remains on one side is Absent or New.
/// Invariant: each queue holds the first records of its side that are left over, at most <see cref="MostHeld"/>; the counts
/// are of all.
/// </remarks>
internal sealed class KeyGroup(DifferenceList differences, RecordJudge judge)
{
    /// <summary>Records of one key whose places are known; further ones are only counted.</summary>
    private const int MostHeld = DifferenceList.MaximumLimit;

    private readonly List<KeyedRecord> _same = []; // of one content, in the baseline
    private readonly List<Extent> _baseline = [];
    private readonly List<Extent> _candidate = [];
    private readonly long[] _kinds = new long[Enum.GetValues<DifferenceKind>().Length];
    private UInt128 _key;
    private UInt128 _content;
    private long _here; // of this content, in the baseline alone so far
    private long _absent;
    private long _fresh;
    private long _unchanged;

    /// <summary>What all groups came to that are closed.</summary>
    public ComparisonCounts Counts => new(
        Of(DifferenceKind.New), Of(DifferenceKind.Absent), Of(DifferenceKind.Updated), _unchanged,
        Ignored: Of(DifferenceKind.Ignored), Noise: Of(DifferenceKind.Noise));

    /// <summary>Takes the next record of the key.</summary>
    public void Add(in KeyedRecord record)
    {
        if (record.Content != _content)
            EndContent();
        (_key, _content) = (record.Key, record.Content);
        if (record.Side == Side.Baseline)
        {
            _here++;
            if (_same.Count < MostHeld)
                _same.Add(record);
        }
        else if (_here > 0)
        {
            _here--;
            _unchanged++;
        }
        else
        {
            _fresh++;
            Hold(_candidate, record);
        }
    }

    /// <summary>The key has no more records.</summary>
    public void Close()
    {
        EndContent();
        long updated = Math.Min(_absent, _fresh);
        Of(DifferenceKind.New) += _fresh - updated;
        Of(DifferenceKind.Absent) += _absent - updated;
        Of(DifferenceKind.Updated) += updated;
        for (int i = 0; i < Math.Max(_baseline.Count, _candidate.Count); i++)
        {
            Extent here = i < _baseline.Count ? _baseline[i] : Extent.None;
            Extent there = i < _candidate.Count ? _candidate[i] : Extent.None;
            DifferenceKind kind = !there.Exists ? DifferenceKind.Absent : !here.Exists ? DifferenceKind.New : DifferenceKind.Updated;
            // Where one side holds no more than it may, what stands beside it is not known.
            if ((here.Exists && there.Exists) || i >= updated)
                Tell(kind, here, there);
        }

        _baseline.Clear();
        _candidate.Clear();
        _absent = _fresh = 0;
    }

    /// <summary>What the baseline has more of this content than the candidate.</summary>
    private void EndContent()
    {
        _absent += _here;
        for (int i = 0; i < Math.Min(_here, _same.Count); i++)
            Hold(_baseline, _same[i]);
        _same.Clear();
        _here = 0;
    }

    private void Tell(DifferenceKind kind, Extent here, Extent there)
    {
        DifferenceKind judged = kind == DifferenceKind.Updated ? judge.OfPair(_key, here, there) : judge.OfSingle(kind, _key);
        Of(kind)--;
        Of(judged)++;
        differences.Add(judged, here, there);
    }

    private ref long Of(DifferenceKind kind) => ref _kinds[(int)kind];

    private static void Hold(List<Extent> side, in KeyedRecord record)
    {
        if (side.Count < MostHeld)
            side.Add(new Extent(record.Offset, record.Length));
    }
}
