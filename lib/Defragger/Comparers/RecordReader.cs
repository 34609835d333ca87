namespace Defragger.Comparers;

/// <summary>One side of an ordered comparison: records one after another, each as a key of 16 bytes.</summary>
/// <remarks>
/// Equal records have equal keys. Different records have different keys up to a collision of XxHash128:
/// with n records about n*n / 2^129, for a thousand million records 10^-21. It is no defence against somebody
/// who builds a collision on purpose; a comparison that must withstand that uses <c>--format binary</c>.
/// </remarks>
internal abstract class RecordReader : IDisposable
{
    /// <summary>Records read or skipped so far.</summary>
    public long Count { get; protected set; }

    /// <summary>Where in its file the record begins that was read last; -1 where it is in no file.</summary>
    public virtual long Offset => -1;

    /// <summary>Reads the next record; false at the end.</summary>
    public abstract bool TryRead(out UInt128 key);

    /// <summary>
    /// Moves both readers over the records that are byte-equal from here on, and says how many there were.
    /// A reader that has no such shortcut skips none.
    /// </summary>
    public virtual long SkipEqual(RecordReader other) => 0;

    public abstract void Dispose();
}
