using System.Text.Json;

namespace Defragger.Comparers.Records;

/// <summary>Lines that are each one JSON record. A blank line is a record of its own kind, equal to every other one.</summary>
internal sealed class JsonLineSource : RecordSource
{
    private const int LinesAtOnce = 256;

    private readonly SourceFile _file;
    private readonly Reader _lines;

    public JsonLineSource(SourceFile file, Side side, RecordKey key, int bufferSize = ByteWindow.DefaultSize)
    {
        _file = file;
        _lines = new Reader(file, side, key, bufferSize);
    }

    public override long Count => _lines.Count;

    public override RecordFields Fields => new JsonFields(_file);

    public override bool Pump(Action<KeyedRecord> take)
    {
        for (int i = 0; i < LinesAtOnce; i++)
        {
            if (!_lines.TryRead(out _))
                return false;
            take(_lines.Last);
        }

        return true;
    }

    public override long SkipEqual(RecordSource other) => _lines.SkipEqual(((JsonLineSource)other)._lines);

    public override void Dispose() => _lines.Dispose();

    private sealed class Reader : LineReader
    {
        private readonly Side _side;
        private readonly RecordHasher _hasher;
        private readonly JsonLineReader.TokenTaker _add;

        public Reader(SourceFile file, Side side, RecordKey key, int bufferSize)
            : base(file, bufferSize)
        {
            _side = side;
            _hasher = new RecordHasher(key);
            _add = _hasher.TryAdd;
            Window.SkipByteOrderMark();
        }

        /// <summary>The record of the last line.</summary>
        public KeyedRecord Last { get; private set; }

        protected override bool NeedsWholeLine => true;

        protected override UInt128 KeyOf(ReadOnlySpan<byte> line)
        {
            if (JsonLineReader.IsBlank(line))
            {
                Last = new KeyedRecord(default, default, Window.Position, line.Length, _side);
                return default;
            }

            _hasher.Reset();
            JsonLineReader.Read(Window, Count, line, _add);
            if (!_hasher.TryGetKey(out UInt128 key, out string missing))
                throw LacksKey(Window.File, $"line {Count}", missing);
            Last = new KeyedRecord(key, _hasher.Content, Window.Position, line.Length, _side);
            return _hasher.Content;
        }
    }
}
