using System.Text.Json;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers;

/// <summary>Walks a SARIF document place by place, keeps the catalog of the current run and skips all else.</summary>
/// <remarks>
/// Invariants:
/// 1. _open[0.._depth - 1] are the containers around the reader; none of them is <see cref="SarifNode.Skip"/>.
/// 2. While _skipped > 0 the reader is that many levels inside something that does not matter (fixes, graphs,
///    taxonomies, ...): its tokens are only counted, never kept.
/// 3. A known member stands once in its object: of two, each reader would choose another.
/// 4. A known place holds what the standard says, or the file is refused: results that are no array must not pass for
///    "no findings". A member may be null, as if it were not there; an element may not, for others count it.
/// </remarks>
internal abstract class SarifReader : JsonTokenReader
{
    private Level[] _open = new Level[16];
    private int _depth;
    private int _skipped;
    private SarifNode _member = SarifNode.Document;
    private long _resultStart;
    private UInt128? _id;
    private bool _hasVersion;
    private bool _hasRuns;

    protected SarifReader(SourceFile file, int bufferSize, FindingRules? rules)
        : base(file, bufferSize) => Rules = rules;

    /// <summary>Told each rule's id and each file's name; null where no ignore rule asks.</summary>
    protected FindingRules? Rules { get; }

    /// <summary>The catalog of the run that is being read; complete only when the run ends.</summary>
    protected SarifRunCatalog Run { get; private set; } = new();

    /// <summary>Where the object of the result begins and ends that has been read, in its file.</summary>
    protected (long Start, long End) ResultAt { get; private set; }

    /// <summary>Runs that began so far.</summary>
    protected int Runs { get; private set; }

    /// <summary>Reads on to the end, and refuses a document that turns out to be something else.</summary>
    public bool PumpSarif()
    {
        if (Pump())
            return true;
        if (!_hasVersion || !_hasRuns)
            throw NotSarif($"it has no \"{(_hasRuns ? "version" : "runs")}\"");
        return false;
    }

    protected override void OnToken(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                if (_skipped == 0)
                {
                    _member = SarifGrammar.Member(_open[_depth - 1].Node, ref reader);
                    DemandOnce(ref reader);
                    Member(_member, ref reader);
                }

                break;
            case JsonTokenType.StartObject:
                Open(SarifGrammar.Shape.Object, ref reader);
                break;
            case JsonTokenType.StartArray:
                Open(SarifGrammar.Shape.Array, ref reader);
                break;
            case JsonTokenType.EndObject:
            case JsonTokenType.EndArray:
                Close(ref reader);
                break;
            default:
                if (_skipped == 0)
                    Read(Next(), ref reader);
                break;
        }
    }

    /// <summary>Whether what is at a place is to be read; the place is open when this returns true.</summary>
    protected virtual bool Enter(SarifNode node) => true;

    /// <summary>The container at a place has been read.</summary>
    protected virtual void Leave(SarifNode node)
    {
    }

    /// <summary>The reader stands on the name of the member at a place.</summary>
    protected virtual void Member(SarifNode node, ref Utf8JsonReader reader)
    {
    }

    /// <summary>The reader stands on the scalar at a place; on null only if that is an element.</summary>
    protected virtual void Scalar(SarifNode node, ref Utf8JsonReader reader)
    {
    }

    protected ComparisonException NotSarif(string why) => new(File.Path, $"not a SARIF 2.1.0 log: {why}");

    /// <summary>The place of the value that starts here.</summary>
    private SarifNode Next()
    {
        if (_depth == 0)
            return SarifNode.Document;
        ref Level level = ref _open[_depth - 1];
        return level.IsArray ? SarifGrammar.Element(level.Node, level.Elements++) : _member;
    }

    private void Open(SarifGrammar.Shape shape, ref Utf8JsonReader reader)
    {
        if (_skipped > 0)
        {
            _skipped++;
            return;
        }

        SarifNode node = Next();
        if (node == SarifNode.ExternalPart)
            throw Elsewhere(ref reader);
        Demand(node, shape, ref reader);
        if (SarifGrammar.ShapeOf(node) == SarifGrammar.Shape.Any || !Enter(node))
        {
            _skipped = 1;
            return;
        }

        if (_depth == _open.Length)
            Array.Resize(ref _open, _depth * 2);
        _open[_depth++] = new Level { Node = node, IsArray = shape == SarifGrammar.Shape.Array };
        Begin(node);
        if (node == SarifNode.Result)
            _resultStart = PositionOf(ref reader);
    }

    private void Close(ref Utf8JsonReader reader)
    {
        if (_skipped > 0)
        {
            _skipped--;
            return;
        }

        SarifNode node = _open[--_depth].Node;
        if (node == SarifNode.Rule)
            Run.AddRule(_id);
        else if (node == SarifNode.Artifact)
            Run.AddArtifact(_id);
        else if (node == SarifNode.Result)
            ResultAt = (_resultStart, EndOf(ref reader));
        Leave(node);
    }

    private void Begin(SarifNode node)
    {
        if (node == SarifNode.Runs)
        {
            _hasRuns = true;
        }
        else if (node == SarifNode.Run)
        {
            Run = new SarifRunCatalog();
            Runs++;
        }
        else if (node is SarifNode.Rule or SarifNode.Artifact)
        {
            _id = null;
        }
    }

    private void Read(SarifNode node, ref Utf8JsonReader reader)
    {
        bool isElement = _depth > 0 && _open[_depth - 1].IsArray;
        if (node == SarifNode.Skip || (reader.TokenType == JsonTokenType.Null && !isElement))
            return;
        Demand(node, SarifGrammar.Shape.Scalar, ref reader);
        switch (node)
        {
            case SarifNode.Version:
                if (reader.TokenType != JsonTokenType.String || !reader.ValueTextEquals("2.1.0"u8))
                    throw NotSarif("its version is another one");
                _hasVersion = true;
                break;
            case SarifNode.ToolName:
                Run.Tool = JsonHash.OfScalar(ref reader);
                break;
            case SarifNode.RuleId:
                _id = JsonHash.OfScalar(ref reader);
                Rules?.SawId(_id.Value, ref reader);
                break;
            case SarifNode.ArtifactUri when reader.TokenType == JsonTokenType.String:
                _id = SarifUri.Hash(ref reader);
                Rules?.SawFile(_id.Value, ref reader);
                break;
            default:
                Scalar(node, ref reader);
                break;
        }
    }

    private ComparisonException Elsewhere(ref Utf8JsonReader reader) => new(
        File.Path,
        $"a part of run {Runs} is in another file (externalPropertyFileReferences at byte {PositionOf(ref reader)}), and no file but this one is read; put it in line first");

    private void Demand(SarifNode node, SarifGrammar.Shape found, ref Utf8JsonReader reader)
    {
        SarifGrammar.Shape wanted = SarifGrammar.ShapeOf(node);
        if (wanted != SarifGrammar.Shape.Any && wanted != found)
        {
            long position = PositionOf(ref reader);
            throw NotSarif($"{node} must be {Name(wanted)}, and {Name(found)} stands at byte {position}");
        }
    }

    private void DemandOnce(ref Utf8JsonReader reader)
    {
        // Fingerprints have any names; each is a value of its own, whatever stands beside it.
        if (_member is SarifNode.Skip or SarifNode.Fingerprint or SarifNode.PartialFingerprint)
            return;
        ref UInt128 seen = ref _open[_depth - 1].Seen;
        UInt128 bit = UInt128.One << (int)_member;
        if ((seen & bit) != 0)
            throw Invalid(PositionOf(ref reader), $"the object repeats the key of its {_member}");
        seen |= bit;
    }

    private static string Name(SarifGrammar.Shape shape) => shape switch
    {
        SarifGrammar.Shape.Object => "an object",
        SarifGrammar.Shape.Array => "an array",
        _ => "a scalar",
    };

    private struct Level
    {
        public UInt128 Seen; // the members, a bit each
        public SarifNode Node;
        public int Elements;
        public bool IsArray;
    }
}
