namespace Defragger.Comparers.Records;

/// <summary>One side of a comparison by key: records one after another, whatever file they are in.</summary>
internal abstract class RecordSource : IDisposable
{
    /// <summary>Records read or passed over so far.</summary>
    public abstract long Count { get; }

    /// <summary>What there is beside the records, once all is read: the names of columns, or of arrays.</summary>
    public virtual UInt128 Frame => UInt128.Zero;

    /// <summary>Reads single records of this side again.</summary>
    public abstract RecordFields Fields { get; }

    /// <summary>Reads on, and hands on the records that it read; false at the end.</summary>
    public abstract bool Pump(Action<KeyedRecord> take);

    /// <summary>Moves both sources over the records that are byte-equal from here on, and says how many there were.</summary>
    public virtual long SkipEqual(RecordSource other) => 0;

    public abstract void Dispose();

    /// <summary>A record that cannot be matched.</summary>
    protected static ComparisonException LacksKey(SourceFile file, string record, string missing) => new(
        file.Path, $"{record} has no '{missing}', which -Key names; every record must have its key, as a string, number, true, false or null");
}
