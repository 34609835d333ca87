using System.Text.Json;

namespace Defragger.Comparers.Records;

/// <summary>The records of a JSON document: the elements of the array that it is, or of the arrays that it has as members.</summary>
/// <remarks>
/// {"run": {...}, "cases": [...]}: each element of "cases" is a record with the key that is asked for; "run" is one whose key
/// is its name. Nothing of the document is left out of the comparison: which arrays there are is the frame.
///
/// Invariant: between two records, the reader is in the root (0 or 1 container is open) or in an array that is a member of
/// it; _inRecord says whether tokens go to the hasher.
/// </remarks>
internal sealed class JsonArraySource : RecordSource
{
    private readonly SourceFile _file;
    private readonly Reader _reader;

    public JsonArraySource(SourceFile file, Side side, RecordKey key, int bufferSize = JsonTokenReader.DefaultBufferSize)
    {
        _file = file;
        _reader = new Reader(file, side, key, bufferSize);
    }

    public override UInt128 Frame => _reader.Frame;

    public override long Count => _reader.Count;

    public override RecordFields Fields => new JsonFields(_file);

    public override bool Pump(Action<KeyedRecord> take)
    {
        _reader.Take = take;
        return _reader.Pump();
    }

    public override void Dispose() => _reader.Dispose();

    private sealed class Reader(SourceFile file, Side side, RecordKey key, int bufferSize) : JsonTokenReader(file, bufferSize)
    {
        private readonly RecordHasher _hasher = new(key);
        private readonly HashSet<UInt128> _members = [];
        private UInt128 _member; // the name of the root's member that is read, or 0 where the root is an array
        private int _open; // containers around the next record
        private bool _isArray; // the innermost of them
        private bool _inRecord;
        private long _start;

        public Action<KeyedRecord> Take { get; set; } = static _ => { };

        public UInt128 Frame { get; private set; }

        public long Count { get; private set; }

        protected override void OnToken(ref Utf8JsonReader reader)
        {
            if (_inRecord)
                Add(ref reader);
            else if (reader.TokenType == JsonTokenType.PropertyName)
                EnterMember(ref reader);
            else if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                Leave();
            else if (_open == 0 && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                EnterRoot(reader.TokenType == JsonTokenType.StartArray);
            else if (_open == 1 && !_isArray && reader.TokenType == JsonTokenType.StartArray)
                EnterArray();
            else
                Begin(ref reader);
        }

        private void EnterRoot(bool isArray)
        {
            _open = 1;
            _isArray = isArray;
            Frame = isArray ? UInt128.One : UInt128.Zero;
        }

        private void EnterMember(ref Utf8JsonReader reader)
        {
            _member = JsonHash.OfName(ref reader);
            if (!_members.Add(_member))
                throw Invalid(PositionOf(ref reader), "the object repeats this key");
        }

        private void EnterArray()
        {
            _open = 2;
            _isArray = true;
            Frame = unchecked(Frame + _member);
        }

        private void Leave()
        {
            _open--;
            _isArray = false;
        }

        private void Begin(ref Utf8JsonReader reader)
        {
            _hasher.Reset();
            _inRecord = true;
            _start = PositionOf(ref reader);
            Add(ref reader);
        }

        private void Add(ref Utf8JsonReader reader)
        {
            if (!_hasher.TryAdd(ref reader))
                throw Invalid(PositionOf(ref reader), JsonErrors.RepeatedKey);
            if (!_hasher.IsComplete)
                return;
            _inRecord = false;
            Count++;
            UInt128 found = _member;
            if (_isArray)
            {
                if (!_hasher.TryGetKey(out UInt128 values, out string missing))
                    throw LacksKey(File, $"the record at byte {_start}", missing);
                found = JsonHash.Of(_member, values, JsonHash.Kind.IndexPath);
            }

            long length = EndOf(ref reader) - _start;
            Take(new KeyedRecord(found, _hasher.Content, _start, (int)Math.Min(length, int.MaxValue), side));
        }
    }
}
