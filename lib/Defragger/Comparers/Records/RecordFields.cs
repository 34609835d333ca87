using System.Buffers.Text;
using System.Text.Json;
using CsvHelper;
using Defragger.Comparers.Differences;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers.Records;

/// <summary>Reads single records again, value by value: the few of which more has to be known than whether they are equal.</summary>
internal abstract class RecordFields(SourceFile file)
{
    /// <summary>A longer record is compared as a whole.</summary>
    public const int LongestRecord = 4 * 1024 * 1024;

    protected SourceFile File => file;

    /// <summary>The values of a record in the order of the file; null if the record is too long to be taken apart.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="length">Its bytes; 0 for up to the end of its line.</param>
    public List<RecordField>? Read(long offset, long length)
    {
        if ((length > 0 ? file.ReadUpTo(offset, length, LongestRecord) : ReadLine(offset)) is not ReadOnlyMemory<byte> record)
            return null;
        List<RecordField> fields = [];
        try
        {
            Parse(record, fields);
        }
        catch (Exception e) when (e is JsonException or CsvFormatException or InvalidOperationException)
        {
            throw new ComparisonException(file.Path, $"was changed while being read, at byte {offset}", e);
        }

        return fields;
    }

    private ReadOnlyMemory<byte>? ReadLine(long offset)
    {
        for (long size = 4096; size <= LongestRecord; size *= 16)
        {
            ReadOnlyMemory<byte> start = file.ReadUpTo(offset, size, LongestRecord)!.Value;
            int end = EndOf(start.Span);
            if (end >= 0 || start.Length < size)
                return end >= 0 ? start[..end] : start;
        }

        return null;
    }

    /// <summary>Where the first record ends, or -1 if it does not.</summary>
    protected abstract int EndOf(ReadOnlySpan<byte> text);

    /// <summary>Takes a record apart.</summary>
    protected abstract void Parse(ReadOnlyMemory<byte> record, List<RecordField> fields);
}

/// <summary>Records that are JSON values: their leaves.</summary>
internal sealed class JsonFields(SourceFile file) : RecordFields(file)
{
    protected override int EndOf(ReadOnlySpan<byte> text) => text.IndexOf((byte)'\n');

    protected override void Parse(ReadOnlyMemory<byte> record, List<RecordField> fields)
    {
        if (JsonLineReader.IsBlank(record.Span))
            return;
        Utf8JsonReader reader = new(record.Span, isFinalBlock: true, new JsonReaderState(JsonErrors.Options));
        ValuePath path = new();
        Stack<(bool IsArray, long Children)> open = [];
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    path.Name(ref reader);
                    Count(open);
                    break;
                case JsonTokenType.StartObject:
                case JsonTokenType.StartArray:
                    Next(open, path);
                    open.Push((reader.TokenType == JsonTokenType.StartArray, 0));
                    path.Enter();
                    break;
                case JsonTokenType.EndObject:
                case JsonTokenType.EndArray:
                    (bool isArray, long children) = open.Pop();
                    path.Leave();
                    if (children == 0)
                        fields.Add(new RecordField(path.Text.ToString(), isArray ? UInt128.One : UInt128.Zero, isArray ? "[]" : "{}", double.NaN));
                    break;
                default:
                    Next(open, path);
                    fields.Add(Leaf(ref reader, path));
                    break;
            }
        }
    }

    private static RecordField Leaf(ref Utf8JsonReader reader, ValuePath path)
    {
        bool isNumber = reader.TokenType == JsonTokenType.Number;
        string quote = reader.TokenType == JsonTokenType.String ? "\"" : "";
        return new RecordField(
            path.Text.ToString(),
            JsonHash.OfScalar(ref reader),
            quote + Excerpt.Decode(reader.ValueSpan) + quote,
            isNumber && reader.TryGetDouble(out double number) ? number : double.NaN);
    }

    private static void Next(Stack<(bool IsArray, long Children)> open, ValuePath path)
    {
        if (!open.TryPeek(out (bool IsArray, long Children) level) || !level.IsArray)
            return;
        path.Index(level.Children);
        Count(open);
    }

    private static void Count(Stack<(bool IsArray, long Children)> open)
    {
        (bool isArray, long children) = open.Pop();
        open.Push((isArray, children + 1));
    }
}

/// <summary>Rows of separated values: their columns by name, or by number from 1 where there are more than names.</summary>
internal sealed class CsvFields(SourceFile file, char separator, IReadOnlyList<string> columns) : RecordFields(file)
{
    /// <summary>Where a row ends; a line feed inside quotes does not end it.</summary>
    public static int EndOfRow(ReadOnlySpan<byte> text)
    {
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
                isQuoted = !isQuoted;
            else if (text[i] is (byte)'\n' or (byte)'\r' && !isQuoted)
                return i;
        }

        return -1;
    }

    protected override int EndOf(ReadOnlySpan<byte> text) => EndOfRow(text);

    protected override void Parse(ReadOnlyMemory<byte> record, List<RecordField> fields)
    {
        using MemoryStream stream = new(record.ToArray(), writable: false);
        using CsvReader row = CsvReader.Create(stream, new CsvReaderOptions
        {
            HasHeader = false,
            Separator = separator,
            DetectSeparatorHint = false,
            SkipEmptyLines = false,
            MalformedData = CsvMalformedDataHandling.Throw,
            MaxRecordSize = ByteWindow.MaximumSize,
        });
        if (!row.Read())
            return;
        for (int i = 0; i < row.FieldCount; i++)
        {
            ReadOnlySpan<byte> text = row.GetSpan(i);
            bool isNumber = Utf8Parser.TryParse(text, out double number, out int used) && used == text.Length;
            string name = i < columns.Count ? columns[i] : $"column {i + 1}";
            fields.Add(new RecordField(name, JsonHash.Of(text, JsonHash.Kind.Text), Excerpt.Decode(text), isNumber ? number : double.NaN));
        }
    }
}
