using System.Text.Json;

namespace Defragger.Comparers;

/// <summary>One hash of a whole JSON value, the same for every way to write it, built token by token.</summary>
/// <remarks>
/// An array is a chain of its elements' hashes; an object is the sum (modulo 2^128) of hashes of (name, value), so
/// the order of keys does not matter. Of a repeated key most parsers take the last value, and a sum has no last one:
/// so an object that repeats a key is reported, and every caller refuses it.
///
/// Invariants:
/// 1. _depth containers are open; frame d belongs to the container at depth d, the innermost is _depth - 1.
/// 2. Memory is 64 bytes a level and 16 bytes a name of the open objects.
/// </remarks>
internal sealed class CanonicalHasher
{
    /// <summary>So few names are compared each with each, which is faster than sorting them.</summary>
    private const int FewNames = 16;

    private Frame[] _frames = new Frame[16];
    private UInt128[] _names = new UInt128[64];
    private int _nameCount;
    private int _depth;

    /// <summary>The hash of the value that was added last, once it is complete.</summary>
    public UInt128 Root { get; private set; }

    /// <summary>Starts anew, for the next value.</summary>
    public void Reset() => _depth = _nameCount = 0;

    /// <summary>Adds the token that the reader stands on; false if it closes an object with a repeated name.</summary>
    public bool TryAdd(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                AddName(JsonHash.OfName(ref reader));
                return true;
            case JsonTokenType.StartObject:
            case JsonTokenType.StartArray:
                Open(reader.TokenType == JsonTokenType.StartArray);
                return true;
            case JsonTokenType.EndObject:
            case JsonTokenType.EndArray:
                return TryClose();
            default:
                AddValue(JsonHash.OfScalar(ref reader));
                return true;
        }
    }

    /// <summary>For a caller that has the hash of the name already.</summary>
    public void AddName(UInt128 name)
    {
        _frames[_depth - 1].Name = name;
        if (_nameCount == _names.Length)
            Array.Resize(ref _names, _nameCount * 2);
        _names[_nameCount++] = name;
    }

    /// <summary>For a caller that has the hash of the scalar already.</summary>
    public void AddValue(UInt128 value)
    {
        if (_depth == 0)
        {
            Root = value;
            return;
        }

        ref Frame frame = ref _frames[_depth - 1];
        frame.Sum = frame.IsArray
            ? JsonHash.Of(frame.Sum, value, JsonHash.Kind.Element)
            : unchecked(frame.Sum + JsonHash.Of(frame.Name, value, JsonHash.Kind.Member));
        frame.Count++;
    }

    private void Open(bool isArray)
    {
        if (_depth == _frames.Length)
            Array.Resize(ref _frames, _depth * 2);
        _frames[_depth++] = new Frame { IsArray = isArray, FirstName = _nameCount };
    }

    private bool TryClose()
    {
        Frame closed = _frames[--_depth];
        JsonHash.Kind kind = closed.IsArray ? JsonHash.Kind.Array : JsonHash.Kind.Object;
        AddValue(JsonHash.Of(closed.Sum, (UInt128)closed.Count, kind));
        bool distinct = AreDistinct(_names.AsSpan(closed.FirstName, _nameCount - closed.FirstName));
        _nameCount = closed.FirstName;
        return distinct;
    }

    private static bool AreDistinct(Span<UInt128> names)
    {
        if (names.Length <= FewNames)
        {
            for (int i = 1; i < names.Length; i++)
            {
                if (names[..i].Contains(names[i]))
                    return false;
            }

            return true;
        }

        names.Sort();
        for (int i = 1; i < names.Length; i++)
        {
            if (names[i - 1] == names[i])
                return false;
        }

        return true;
    }

    private struct Frame
    {
        public UInt128 Sum;
        public UInt128 Name;
        public long Count;
        public int FirstName;
        public bool IsArray;
    }
}
