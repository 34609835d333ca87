namespace Defragger.Comparers.Records;

/// <summary>Rows of separated values below a row of column names. A row says what its columns say, in whatever order they
/// stand.</summary>
internal sealed class CsvSource : RecordSource
{
    private const int RowsAtOnce = 256;

    private readonly SourceFile _file;
    private readonly CsvRowReader _rows;
    private readonly Side _side;
    private readonly UInt128[] _names;
    private readonly int[] _key;

    public CsvSource(SourceFile file, Side side, RecordKey key, int bufferSize = ByteWindow.DefaultSize)
    {
        _file = file;
        _side = side;
        _rows = new CsvRowReader(file, bufferSize);
        Columns = _rows.PeekHeader();
        _rows.TryRead(out _);
        if (Columns.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ComparisonException(file.Path, $"has two columns '{twice.Key}', so its rows cannot be matched by columns");
        _key = [.. key.Names.Select(name => Columns.ToList().IndexOf(name))];
        int missing = Array.IndexOf(_key, -1);
        if (missing >= 0 && Columns.Count > 0)
            throw new ComparisonException(file.Path, $"has no column '{key.Names[missing]}', which -Key names; its columns are {Shown()}");
        _names = [.. Columns.Select(name => JsonHash.Of(System.Text.Encoding.UTF8.GetBytes(name), JsonHash.Kind.Name))];
    }

    /// <summary>The names of the columns, in the order of the file.</summary>
    public IReadOnlyList<string> Columns { get; }

    public override RecordFields Fields => new CsvFields(_file, _rows.Separator, Columns);

    public override UInt128 Frame => _names.Aggregate(UInt128.Zero, static (sum, name) => unchecked(sum + name));

    public override long Count => Math.Max(0, _rows.Count - 1);

    public override bool Pump(Action<KeyedRecord> take)
    {
        for (int i = 0; i < RowsAtOnce; i++)
        {
            if (!_rows.TryRead(out _))
                return false;
            take(Record());
        }

        return true;
    }

    public override long SkipEqual(RecordSource other)
    {
        CsvSource right = (CsvSource)other;
        return Columns.SequenceEqual(right.Columns) ? _rows.SkipEqual(right._rows) : 0;
    }

    public override void Dispose() => _rows.Dispose();

    private KeyedRecord Record()
    {
        if (_rows.FieldCount != _names.Length)
            throw new ComparisonException(_file.Path, $"row {_rows.Count} has {_rows.FieldCount} fields, and there are {_names.Length} columns");
        UInt128 content = UInt128.Zero;
        for (int i = 0; i < _names.Length; i++)
            content = unchecked(content + JsonHash.Of(_names[i], FieldHash(i), JsonHash.Kind.Member));
        UInt128 key = UInt128.Zero;
        foreach (int column in _key)
            key = JsonHash.Of(key, FieldHash(column), JsonHash.Kind.Element);
        return new KeyedRecord(key, content, _rows.Offset, _rows.Length, _side);
    }

    private UInt128 FieldHash(int column) => JsonHash.Of(_rows.Field(column), JsonHash.Kind.Text);

    private string Shown()
    {
        const int Most = 20;
        string more = Columns.Count > Most ? $" and {Columns.Count - Most} more" : "";
        return string.Join(", ", Columns.Take(Most).Select(name => $"'{name.ReplaceLineEndings(" ")}'")) + more;
    }
}
