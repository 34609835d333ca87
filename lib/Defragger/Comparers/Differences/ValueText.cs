using System.Text.Json;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers.Differences;

/// <summary>Reads what values of JSON documents say that differ, and by which way they are reached.</summary>
/// <remarks>Each document is read a second time, up to the last value that is asked for, without a hash or a table.</remarks>
internal static class ValueText
{
    /// <summary>The differences with their text.</summary>
    public static IReadOnlyList<Difference> Read(DifferenceList list, SourceFile baseline, SourceFile candidate)
    {
        List<FoundDifference> kept = list.Kept();
        Dictionary<long, (string Path, string Value)> left = Values(baseline, kept.Select(found => found.Baseline));
        Dictionary<long, (string Path, string Value)> right = Values(candidate, kept.Select(found => found.Candidate));
        List<Difference> differences = new(kept.Count);
        foreach (FoundDifference found in kept)
        {
            bool hadOne = left.TryGetValue(found.Baseline.Offset, out (string Path, string Value) before);
            bool hasOne = right.TryGetValue(found.Candidate.Offset, out (string Path, string Value) after);
            if (hadOne && hasOne)
                (before.Value, after.Value) = Excerpt.Of(before.Value, after.Value);
            differences.Add(new Difference
            {
                Kind = found.Kind,
                Place = Excerpt.Of(hasOne ? after.Path : before.Path),
                Before = hadOne ? Excerpt.Of(before.Value) : null,
                After = hasOne ? Excerpt.Of(after.Value) : null,
            });
        }

        return differences;
    }

    private static Dictionary<long, (string Path, string Value)> Values(SourceFile file, IEnumerable<Extent> extents)
    {
        long[] offsets = [.. extents.Where(extent => extent.Exists).Select(extent => extent.Offset).Order()];
        using Reader reader = new(file, offsets);
        while (reader.Found.Count < offsets.Length && reader.Pump())
        {
        }

        return reader.Found.Count == offsets.Length
            ? reader.Found
            : throw new ComparisonException(file.Path, "was changed while being read");
    }

    private sealed class Reader(SourceFile file, long[] offsets) : JsonTokenReader(file, DefaultBufferSize)
    {
        private readonly ValuePath _path = new();
        private readonly List<(bool IsArray, long Children)> _open = [];

        public Dictionary<long, (string Path, string Value)> Found { get; } = [];

        protected override void OnToken(ref Utf8JsonReader reader)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    _path.Name(ref reader);
                    break;
                case JsonTokenType.StartObject:
                case JsonTokenType.StartArray:
                    Next();
                    _open.Add((reader.TokenType == JsonTokenType.StartArray, 0));
                    _path.Enter();
                    break;
                case JsonTokenType.EndObject:
                case JsonTokenType.EndArray:
                    bool isArray = _open[^1].IsArray;
                    _open.RemoveAt(_open.Count - 1);
                    _path.Leave();
                    Look(PositionOf(ref reader), isArray ? "[]"u8 : "{}"u8);
                    break;
                default:
                    Next();
                    // A string's span is between its quotes; the quotes tell "1" from 1.
                    if (reader.TokenType == JsonTokenType.String)
                        Look(PositionOf(ref reader), reader.ValueSpan, "\"");
                    else
                        Look(PositionOf(ref reader), reader.ValueSpan);
                    break;
            }
        }

        private void Next()
        {
            if (_open.Count == 0 || !_open[^1].IsArray)
                return;
            _path.Index(_open[^1].Children);
            _open[^1] = (true, _open[^1].Children + 1);
        }

        private void Look(long position, ReadOnlySpan<byte> value, string quote = "")
        {
            if (Found.Count < offsets.Length && offsets[Found.Count] == position)
                Found.Add(position, (_path.Text.ToString(), quote + Excerpt.Decode(value) + quote));
        }
    }
}
