using Defragger.Comparers.Differences;

namespace Defragger.Comparers.Records;

/// <summary>The records of one key, counted as they come: sorted by content, those of the baseline first.</summary>
/// <remarks>
/// Records with equal contents take each other away; of the rest, the first of each side are pairs that were updated, and
/// what then remains on one side is Absent or New.
/// Invariant: each queue holds the first records of its side that are left over, at most <see cref="MostHeld"/>; the counts
/// are of all.
/// </remarks>
internal sealed class KeyGroup(DifferenceList differences)
{
    /// <summary>Records of one key whose places are known; further ones are only counted.</summary>
    private const int MostHeld = DifferenceList.MaximumLimit;

    private readonly List<KeyedRecord> _same = []; // of one content, in the baseline
    private readonly List<Extent> _baseline = [];
    private readonly List<Extent> _candidate = [];
    private UInt128 _content;
    private long _here; // of this content, in the baseline alone so far
    private long _absent;
    private long _fresh;

    /// <summary>What all groups came to that are closed.</summary>
    public ComparisonCounts Counts { get; private set; }

    /// <summary>Takes the next record of the key.</summary>
    public void Add(in KeyedRecord record)
    {
        if (record.Content != _content)
            EndContent();
        _content = record.Content;
        if (record.Side == Side.Baseline)
        {
            _here++;
            if (_same.Count < MostHeld)
                _same.Add(record);
        }
        else if (_here > 0)
        {
            _here--;
            Counts = Counts with { Unchanged = Counts.Unchanged + 1 };
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
        Counts = new ComparisonCounts(
            Counts.New + _fresh - updated, Counts.Absent + _absent - updated, Counts.Updated + updated, Counts.Unchanged);
        for (int i = 0; i < Math.Max(_baseline.Count, _candidate.Count); i++)
        {
            Extent here = i < _baseline.Count ? _baseline[i] : Extent.None;
            Extent there = i < _candidate.Count ? _candidate[i] : Extent.None;
            DifferenceKind kind = !there.Exists ? DifferenceKind.Absent : !here.Exists ? DifferenceKind.New : DifferenceKind.Updated;
            // Where one side holds no more than it may, what stands beside it is not known.
            if (here.Exists && there.Exists || i >= updated)
                differences.Add(kind, here, there);
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

    private static void Hold(List<Extent> side, in KeyedRecord record)
    {
        if (side.Count < MostHeld)
            side.Add(new Extent(record.Offset, record.Length));
    }
}
