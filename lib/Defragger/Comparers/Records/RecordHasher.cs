using System.Text.Json;

namespace Defragger.Comparers.Records;

/// <summary>One JSON record token by token: its content's hash, and on the way the values of its key.</summary>
/// <remarks>
/// Invariant: _path[.._depth] leads to the value to come: a name's hash for an object, 0 for an array, whose elements are no
/// members of a key.
/// </remarks>
internal sealed class RecordHasher
{
    private readonly RecordKey _key;
    private readonly CanonicalHasher _content = new();
    private readonly UInt128?[] _values;
    private UInt128[] _path = new UInt128[16];
    private int _depth;

    public RecordHasher(RecordKey key)
    {
        _key = key;
        _values = new UInt128?[key.Count];
    }

    /// <summary>The hash of the record, once it is complete.</summary>
    public UInt128 Content => _content.Root;

    /// <summary>Whether the record has been read to its end.</summary>
    public bool IsComplete => _depth == 0;

    /// <summary>Starts anew, for the next record.</summary>
    public void Reset()
    {
        _content.Reset();
        _depth = 0;
        _values.AsSpan().Clear();
    }

    /// <summary>Adds the token that the reader stands on; false if it closes an object with a repeated name.</summary>
    public bool TryAdd(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                UInt128 name = JsonHash.OfName(ref reader);
                _content.AddName(name);
                _path[_depth - 1] = name;
                return true;
            case JsonTokenType.StartObject:
            case JsonTokenType.StartArray:
                if (_depth == _path.Length)
                    Array.Resize(ref _path, _depth * 2);
                _path[_depth++] = UInt128.Zero;
                return _content.TryAdd(ref reader);
            case JsonTokenType.EndObject:
            case JsonTokenType.EndArray:
                _depth--;
                return _content.TryAdd(ref reader);
            default:
                UInt128 value = JsonHash.OfScalar(ref reader);
                _content.AddValue(value);
                Keep(value);
                return true;
        }
    }

    /// <summary>The hash of the key's values; false when the record lacks one of them, or it is no scalar.</summary>
    public bool TryGetKey(out UInt128 key, out string missing)
    {
        key = UInt128.Zero;
        missing = "";
        for (int i = 0; i < _values.Length; i++)
        {
            if (_values[i] is not { } value)
            {
                missing = _key.Names[i];
                return false;
            }

            key = JsonHash.Of(key, value, JsonHash.Kind.Element);
        }

        return true;
    }

    private void Keep(UInt128 value)
    {
        for (int i = 0; i < _values.Length; i++)
        {
            ReadOnlySpan<UInt128> path = _key.PathOf(i);
            if (path.Length == _depth && path.SequenceEqual(_path.AsSpan(0, _depth)))
                _values[i] = value;
        }
    }
}
