using System.Text.Json;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers;

/// <summary>The leaves of a JSON document as (path, value), both hashed, handed on as they are read.</summary>
/// <remarks>
/// A leaf is a scalar or an empty container. A path is the chain of names and indexes that leads to it, folded into
/// one hash a level.
///
/// Invariants:
/// 1. _levels[d] belongs to the container open at depth d; its Child is the path of the member or element to come.
/// 2. <see cref="Root"/> is the canonical hash of all that was read: two documents with equal roots are equal, however
///    many of their leaves were paired.
/// 3. No object repeats a key: so each path occurs once a side.
/// </remarks>
internal sealed class JsonLeafReader : JsonTokenReader
{
    private static readonly UInt128 s_emptyObject = JsonHash.Of([], JsonHash.Kind.Object);
    private static readonly UInt128 s_emptyArray = JsonHash.Of([], JsonHash.Kind.Array);

    private readonly Action<UInt128, JsonLeaf> _leaf;
    private readonly LeafRules _rules;
    private readonly ValuePath? _text; // the path for people, where rules ask for it
    private readonly CanonicalHasher _canonical = new();
    private Level[] _levels = new Level[16];
    private int _depth;

    /// <param name="file">Stays the caller's.</param>
    /// <param name="leaf">Takes the path and the value of each leaf.</param>
    /// <param name="rules">What may differ, for both files.</param>
    /// <param name="bufferSize">Bytes read at once.</param>
    public JsonLeafReader(SourceFile file, Action<UInt128, JsonLeaf> leaf, LeafRules rules, int bufferSize = DefaultBufferSize)
        : base(file, bufferSize)
    {
        _leaf = leaf;
        _rules = rules;
        _text = rules.AreAsked ? new ValuePath() : null;
    }

    public UInt128 Root => _canonical.Root;

    /// <summary>Leaves read so far.</summary>
    public long Count { get; private set; }

    protected override void OnToken(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                UInt128 name = JsonHash.OfName(ref reader);
                _canonical.AddName(name);
                ref Level level = ref _levels[_depth - 1];
                level.Child = JsonHash.Of(level.Path, name, JsonHash.Kind.NamePath);
                _text?.Name(ref reader);
                break;
            case JsonTokenType.StartObject:
            case JsonTokenType.StartArray:
                _canonical.TryAdd(ref reader);
                Enter(NextPath(), reader.TokenType == JsonTokenType.StartArray);
                break;
            case JsonTokenType.EndObject:
            case JsonTokenType.EndArray:
                if (!_canonical.TryAdd(ref reader))
                    throw Invalid(PositionOf(ref reader), JsonErrors.RepeatedKey);
                Leave(PositionOf(ref reader));
                break;
            default:
                UInt128 value = JsonHash.OfScalar(ref reader);
                _canonical.AddValue(value);
                UInt128 path = NextPath();
                int rules = _text is null ? LeafRules.Nothing : _rules.Of(_text.Text);
                bool isMeasured = rules != LeafRules.Nothing && reader.TokenType == JsonTokenType.Number && _rules.ToleranceOf(rules) is not null;
                Emit(path, new JsonLeaf(value, isMeasured && reader.TryGetDouble(out double number) ? number : double.NaN, rules, PositionOf(ref reader)));
                break;
        }
    }

    /// <summary>The path of the value that starts here; in an array that is the next index.</summary>
    private UInt128 NextPath()
    {
        if (_depth == 0)
            return UInt128.Zero;
        ref Level level = ref _levels[_depth - 1];
        UInt128 path = level.IsArray
            ? JsonHash.Of(level.Path, (UInt128)level.Children, JsonHash.Kind.IndexPath)
            : level.Child;
        if (level.IsArray)
            _text?.Index(level.Children);
        level.Children++;
        return path;
    }

    private void Enter(UInt128 path, bool isArray)
    {
        if (_depth == _levels.Length)
            Array.Resize(ref _levels, _depth * 2);
        _levels[_depth++] = new Level { Path = path, IsArray = isArray };
        _text?.Enter();
    }

    private void Leave(long position)
    {
        Level level = _levels[--_depth];
        _text?.Leave();
        if (level.Children > 0)
            return;
        int rules = _text is null ? LeafRules.Nothing : _rules.Of(_text.Text);
        Emit(level.Path, new JsonLeaf(level.IsArray ? s_emptyArray : s_emptyObject, double.NaN, rules, position));
    }

    private void Emit(UInt128 path, JsonLeaf leaf)
    {
        Count++;
        _leaf(path, leaf);
    }

    private struct Level
    {
        public UInt128 Path;
        public UInt128 Child;
        public long Children;
        public bool IsArray;
    }
}
