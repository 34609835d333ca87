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
    public List<RecordField>? Read(long offset, long length)
    {
        if (length > LongestRecord)
            return null;
        byte[] record = new byte[length];
        int held = 0;
        for (int read; held < record.Length && (read = file.Read(record.AsSpan(held), offset + held)) > 0;)
            held += read;
        List<RecordField> fields = [];
        try
        {
            Parse(record.AsMemory(0, held), fields);
        }
        catch (Exception e) when (e is JsonException or CsvFormatException or InvalidOperationException)
        {
            throw new ComparisonException(file.Path, $"was changed while being read, at byte {offset}", e);
        }

        return fields;
    }

    /// <summary>Takes a record apart.</summary>
    protected abstract void Parse(ReadOnlyMemory<byte> record, List<RecordField> fields);
}

/// <summary>Records that are JSON values: their leaves.</summary>
internal sealed class JsonFields(SourceFile file) : RecordFields(file)
{
    protected override void Parse(ReadOnlyMemory<byte> record, List<RecordField> fields)
    {
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
