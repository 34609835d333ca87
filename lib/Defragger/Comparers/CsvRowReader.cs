using System.Buffers.Binary;
using System.Text;
using CsvHelper;

namespace Defragger.Comparers;

/// <summary>Rows of a file of separated values; their key is a hash of the fields after unquoting.</summary>
/// <remarks>
/// Invariants:
/// 1. While <c>_pending</c>, the parser stands on a row that has not been handed out.
/// 2. A field is hashed with its length before it: ("ab", "c") is not ("a", "bc").
/// 3. An empty line is a row with one empty field; a quote in the wrong place is an error, not a guess.
/// The separator is the tab for *.tsv; otherwise the parser finds it in the first lines (comma, semicolon, tab, bar).
/// </remarks>
internal sealed class CsvRowReader : RecordReader
{
    private readonly SourceFile _file;
    private readonly CsvReader _parser;
    private byte[] _row = new byte[4096];
    private bool _pending;
    private long _start; // of the row that was handed out last

    public CsvRowReader(SourceFile file, int bufferSize = ByteWindow.DefaultSize)
    {
        RefuseWideText(file);
        _file = file;
        _parser = CsvReader.Create(new SourceStream(file), new CsvReaderOptions
        {
            HasHeader = false,
            Separator = file.Path.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) ? '\t' : null,
            // "sep=;" of a spreadsheet is a row like any other: whoever adds or changes it changes the table.
            DetectSeparatorHint = false,
            SkipEmptyLines = false,
            MalformedData = CsvMalformedDataHandling.Throw,
            MaxRecordSize = ByteWindow.MaximumSize,
            BufferSize = bufferSize,
        });
    }

    /// <summary>The fields of the first row, which is still handed out as a row.</summary>
    public IReadOnlyList<string> PeekHeader()
    {
        if (!Advance())
            return [];
        _pending = true;
        return [.. Enumerable.Range(0, _parser.FieldCount).Select(index => _parser.GetString(index))];
    }

    public override long Offset => _start;

    /// <summary>The bytes of the row that was read last, without the end of its line.</summary>
    public int Length => _parser.RawRecord.Length;

    /// <summary>What stands between two fields.</summary>
    public char Separator => _parser.Separator;

    /// <summary>Fields of the row that was read last.</summary>
    public int FieldCount => _parser.FieldCount;

    /// <summary>A field of the row that was read last, without its quotes.</summary>
    public ReadOnlySpan<byte> Field(int index) => _parser.GetSpan(index);

    public override bool TryRead(out UInt128 key)
    {
        key = default;
        if (!_pending && !Advance())
            return false;
        _pending = false;
        _start = _parser.ByteOffset;
        Count++;
        key = KeyOfRow();
        return true;
    }

    public override long SkipEqual(RecordReader other)
    {
        CsvRowReader right = (CsvRowReader)other;
        for (long rows = 0; ; rows++)
        {
            _pending = _pending || Advance();
            right._pending = right._pending || right.Advance();
            if (!_pending || !right._pending || !IsWrittenAs(right))
                return rows;
            _pending = right._pending = false;
            Count++;
            right.Count++;
        }
    }

    public override void Dispose() => _parser.Dispose();

    private bool IsWrittenAs(CsvRowReader other) =>
        _parser.Separator == other._parser.Separator && _parser.RawRecord.SequenceEqual(other._parser.RawRecord);

    private bool Advance()
    {
        try
        {
            return _parser.Read();
        }
        catch (CsvFormatException e)
        {
            string problem = e.Message.ReplaceLineEndings(" ");
            string place = $"row {e.RecordNumber} is not valid CSV near byte {e.ByteOffset}";
            throw new ComparisonException(_file.Path, $"{place}: {problem}", e);
        }
    }

    private UInt128 KeyOfRow()
    {
        int length = 0;
        for (int index = 0; index < _parser.FieldCount; index++)
        {
            ReadOnlySpan<byte> field = _parser.GetSpan(index);
            int end = length + sizeof(int) + field.Length;
            if (end > _row.Length)
                Array.Resize(ref _row, Math.Max(end, _row.Length * 2));
            BinaryPrimitives.WriteInt32LittleEndian(_row.AsSpan(length), field.Length);
            field.CopyTo(_row.AsSpan(length + sizeof(int)));
            length = end;
        }

        return System.IO.Hashing.XxHash128.HashToUInt128(_row.AsSpan(0, length));
    }

    /// <summary>The parser would decode them, see <see cref="ByteWindow.SkipByteOrderMark"/>.</summary>
    private static void RefuseWideText(SourceFile file)
    {
        using ByteWindow start = new(file, size: 16);
        start.SkipByteOrderMark();
    }
}
