using Defragger.Comparers.Differences;
using Defragger.Comparers.Noise;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers.Records;

/// <summary>Compares records by key, in whatever order they stand: JSON Lines, JSON arrays, rows of a table.</summary>
/// <remarks>
/// Records of both files that are equal in key and content take each other away as they are read; files in the same order
/// need no memory for that. What is left waits, the oldest of it on the disk (<see cref="DiskSorter{T}"/>); at the end all of
/// it is merged by key.
///
/// Invariants:
/// 1. Of one key with b records here and c there, those with equal contents are Unchanged, as many pairs as there are;
///    of the rest, pairs are Updated; what then remains is Absent or New.
/// 2. So the order of the records changes nothing, nor how many of them went through the disk.
/// Memory: at most <see cref="DefaultLimit"/> waiting records of 96 bytes, and the sorter.
/// </remarks>
internal sealed class KeyedComparer : IDisposable
{
    public const int DefaultLimit = 1 << 17;

    private readonly StreamingJoin<KeyedRecord> _waiting;
    private readonly DiskSorter<KeyedRecord> _left;
    private long _unchanged;

    private KeyedComparer(string subject, int limit, int sortCapacity)
    {
        _left = new DiskSorter<KeyedRecord>(subject, sortCapacity);
        _waiting = new StreamingJoin<KeyedRecord>(limit, (_, _, record) => _left.Add(record));
    }

    /// <summary>Lines that are each one JSON record.</summary>
    public static ComparisonResult JsonLines(
        SourceFile baseline,
        SourceFile candidate,
        RecordKey key,
        DifferenceList differences,
        Allowances? allowances = null,
        NoisePlaces? noise = null)
    {
        using JsonLineSource left = new(baseline, Side.Baseline, key);
        using JsonLineSource right = new(candidate, Side.Candidate, key);
        return Shown(left, right, baseline, ComparisonFormat.JsonLines, key, differences, allowances, noise);
    }

    /// <summary>The elements of the arrays of a JSON document.</summary>
    public static ComparisonResult Json(
        SourceFile baseline,
        SourceFile candidate,
        RecordKey key,
        DifferenceList differences,
        Allowances? allowances = null,
        NoisePlaces? noise = null)
    {
        using JsonArraySource left = new(baseline, Side.Baseline, key);
        using JsonArraySource right = new(candidate, Side.Candidate, key);
        return Shown(left, right, baseline, ComparisonFormat.Json, key, differences, allowances, noise);
    }

    /// <summary>Rows below a row with the names of the columns.</summary>
    public static ComparisonResult Csv(
        SourceFile baseline,
        SourceFile candidate,
        RecordKey key,
        DifferenceList differences,
        Allowances? allowances = null,
        NoisePlaces? noise = null)
    {
        using CsvSource left = new(baseline, Side.Baseline, key);
        using CsvSource right = new(candidate, Side.Candidate, key);
        string? columns = CsvColumns.Describe(left.Columns, right.Columns);
        return Shown(left, right, baseline, ComparisonFormat.Csv, key, differences, allowances, noise, columns);
    }

    /// <summary>Any two sources.</summary>
    /// <param name="left">The baseline's records.</param>
    /// <param name="right">The candidate's records.</param>
    /// <param name="subject">What is compared, for messages: a path.</param>
    /// <param name="format">What it is.</param>
    /// <param name="frame">A sentence about what there is beside the records, or null.</param>
    /// <param name="limit">Records that wait in memory at most.</param>
    /// <param name="sortCapacity">Records that are sorted in memory at most.</param>
    /// <param name="differences">Told where differences are; null for nobody.</param>
    /// <param name="allowances">What may differ in a record; null for nothing.</param>
    /// <param name="noise">Where runs of the baseline differ; null for nowhere.</param>
    public static ComparisonResult Compare(
        RecordSource left,
        RecordSource right,
        string subject,
        ComparisonFormat format,
        string? frame = null,
        int limit = DefaultLimit,
        int sortCapacity = DiskSorter<KeyedRecord>.DefaultCapacity,
        DifferenceList? differences = null,
        Allowances? allowances = null,
        NoisePlaces? noise = null)
    {
        using KeyedComparer comparer = new(subject, limit, sortCapacity);
        RecordJudge judge = new(left.Fields, right.Fields, allowances ?? Allowances.None, noise ?? NoisePlaces.None);
        ComparisonCounts counts = comparer.Count(left, right, new KeyGroup(differences ?? new DifferenceList(0), judge));
        bool sameFrame = left.Frame == right.Frame;
        if (!sameFrame)
            frame ??= "the document has other arrays";
        string reason = counts.Describe("records");
        return new(!counts.HasDifference && sameFrame, format, counts, frame is null ? reason : $"{frame}; {reason}");
    }

    public void Dispose() => _left.Dispose();

    /// <summary>Compares, and reads again what is shown of the differences.</summary>
    private static ComparisonResult Shown(
        RecordSource left,
        RecordSource right,
        SourceFile baseline,
        ComparisonFormat format,
        RecordKey key,
        DifferenceList differences,
        Allowances? allowances,
        NoisePlaces? noise,
        string? frame = null) =>
        Compare(left, right, baseline.Path, format, frame, differences: differences, allowances: allowances, noise: noise)
            .WithDifferences(new RecordText(key, left.Fields, right.Fields).Read(differences));

    private ComparisonCounts Count(RecordSource left, RecordSource right, KeyGroup group)
    {
        bool more;
        do
        {
            // Byte-equal records need not be read: whatever their keys are, both sides have them.
            _unchanged += left.SkipEqual(right);
            more = left.Pump(Take) | right.Pump(Take);
        }
        while (more);

        foreach ((_, _, KeyedRecord record) in _waiting.Waiting())
            _left.Add(record);
        return Merge(group);
    }

    private void Take(KeyedRecord record)
    {
        UInt128 whole = JsonHash.Of(record.Key, record.Content, JsonHash.Kind.Member);
        if (_waiting.TryPair(record.Side, whole, record, out _))
            _unchanged++;
    }

    private ComparisonCounts Merge(KeyGroup group)
    {
        UInt128 key = default;
        foreach (KeyedRecord record in _left.Sorted())
        {
            if (record.Key != key)
                group.Close();
            key = record.Key;
            group.Add(record);
        }

        group.Close();
        return group.Counts with { Unchanged = group.Counts.Unchanged + _unchanged };
    }
}
