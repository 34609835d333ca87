using System.Runtime.InteropServices;
using System.Text.Json;

namespace Defragger.Comparers;

/// <summary>The findings of a SARIF log, handed on one by one as they are read.</summary>
/// <remarks>
/// A finding's key is (tool, rule, file, line, message, level, kind). Level and kind are what stands there: one that is
/// missing is not filled in, for the default depends on the rule's configuration. The rule is ruleId, else rule.id, else the id that ruleIndex
/// or rule.index names, else that number and its component. The file is the first location's URI, normalised, else the
/// artifact that its index names, else that number. The line is whatever startLine holds. The message is its text,
/// else markdown, else id; with the arguments in any case.
///
/// Results with baselineState "absent" are no findings of this file. Suppressed ones are: whether a suppression counts
/// is for an ignore rule to say, not for the comparer.
/// </remarks>
internal sealed class SarifFindingReader : SarifReader
{
    /// <summary>Fingerprints of one finding that are kept; reports seen have at most 3.</summary>
    private const int MostFingerprints = 64;

    private readonly Action<SarifFinding> _finding;
    private readonly int _bufferSize;
    private readonly List<UInt128> _fingerprints = [];
    private IReadOnlyList<SarifRunCatalog>? _allRuns;
    private bool _toolIsRead;
    private bool _artifactsAreRead;
    private UInt128 _fingerprintName;
    private Draft _draft;

    /// <param name="file">Stays the caller's.</param>
    /// <param name="finding">Takes each finding.</param>
    /// <param name="bufferSize">Bytes read at once.</param>
    public SarifFindingReader(SourceFile file, Action<SarifFinding> finding, int bufferSize = DefaultBufferSize)
        : base(file, bufferSize)
    {
        _finding = finding;
        _bufferSize = bufferSize;
    }

    /// <summary>Findings read so far.</summary>
    public long Count { get; private set; }

    protected override void Member(SarifNode node, ref Utf8JsonReader reader)
    {
        if (node is SarifNode.Fingerprint or SarifNode.PartialFingerprint)
            _fingerprintName = JsonHash.OfName(ref reader);
    }

    protected override bool Enter(SarifNode node)
    {
        if (node == SarifNode.Run)
        {
            _toolIsRead = _artifactsAreRead = false;
        }
        else if (node == SarifNode.Result)
        {
            _draft = new Draft { RuleIndex = -1, ArtifactIndex = -1 };
            _fingerprints.Clear();
        }
        else if (node == SarifNode.RuleComponent)
        {
            _draft.RuleIsOfComponent = true;
        }

        return true;
    }

    protected override void Leave(SarifNode node)
    {
        switch (node)
        {
            case SarifNode.Tool:
                _toolIsRead = true;
                break;
            case SarifNode.Artifacts:
                _artifactsAreRead = true;
                break;
            case SarifNode.Result when !_draft.IsAbsent:
                Count++;
                _finding(Finish());
                break;
        }
    }

    protected override void Scalar(SarifNode node, ref Utf8JsonReader reader)
    {
        switch (node)
        {
            case SarifNode.ResultRuleId:
                _draft.RuleId = JsonHash.OfScalar(ref reader);
                break;
            case SarifNode.RuleReferenceId:
                _draft.RuleId ??= JsonHash.OfScalar(ref reader);
                break;
            case SarifNode.ResultRuleIndex:
            case SarifNode.RuleReferenceIndex:
                _draft.RuleIndex = Index(node, ref reader);
                break;
            case SarifNode.RuleComponentName:
            case SarifNode.RuleComponentIndex:
            case SarifNode.RuleComponentGuid:
                // A sum: the order of the members does not matter.
                UInt128 part = JsonHash.Of((UInt128)(int)node, JsonHash.OfScalar(ref reader), JsonHash.Kind.Member);
                _draft.RuleComponent = unchecked(_draft.RuleComponent + part);
                break;
            case SarifNode.MessageText:
                _draft.Text = JsonHash.OfScalar(ref reader);
                break;
            case SarifNode.MessageMarkdown:
                _draft.Markdown = JsonHash.OfScalar(ref reader);
                break;
            case SarifNode.MessageId:
                _draft.MessageId = JsonHash.OfScalar(ref reader);
                break;
            case SarifNode.Argument:
                UInt128 argument = JsonHash.OfScalar(ref reader);
                _draft.Arguments = JsonHash.Of(_draft.Arguments, argument, JsonHash.Kind.Element);
                break;
            case SarifNode.PlaceUri when reader.TokenType == JsonTokenType.String:
                _draft.Uri = SarifUri.Hash(ref reader);
                break;
            case SarifNode.PlaceIndex:
                _draft.ArtifactIndex = Index(node, ref reader);
                break;
            case SarifNode.StartLine:
                _draft.Line = JsonHash.OfScalar(ref reader);
                break;
            case SarifNode.Fingerprint:
                AddFingerprint(ref reader, SarifFinding.Kind.Fingerprint);
                break;
            case SarifNode.PartialFingerprint:
                AddFingerprint(ref reader, SarifFinding.Kind.PartialFingerprint);
                break;
            case SarifNode.Level:
            case SarifNode.ResultKind:
                // A sum: the order of the members does not matter.
                UInt128 standing = JsonHash.Of((UInt128)(int)node, JsonHash.OfScalar(ref reader), JsonHash.Kind.Member);
                _draft.Standing = unchecked((_draft.Standing ?? default) + standing);
                break;
            case SarifNode.BaselineState:
                _draft.IsAbsent = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("absent"u8);
                break;
        }
    }

    /// <summary>1.0 is a whole number too; what is none could not be told from another such.</summary>
    private long Index(SarifNode node, ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number
            && reader.TryGetDecimal(out decimal number)
            && decimal.IsInteger(number)
            && number is >= -1 and <= long.MaxValue)
            return (long)number;
        throw NotSarif($"{node} must be a whole number from -1 on, and at byte {PositionOf(ref reader)} it is not");
    }

    private void AddFingerprint(ref Utf8JsonReader reader, SarifFinding.Kind kind)
    {
        if (_fingerprints.Count == MostFingerprints)
            return;
        UInt128 pair = JsonHash.Of(_fingerprintName, JsonHash.OfScalar(ref reader), JsonHash.Kind.Member);
        _fingerprints.Add(SarifFinding.Mark(pair, kind));
    }

    private SarifFinding Finish()
    {
        UInt128 tool = Catalog(_toolIsRead).Tool;
        UInt128 rule = Rule();
        ReadOnlySpan<UInt128> parts = [tool, rule, Place(), _draft.Line, Message()];
        UInt128 identity = JsonHash.Of(MemoryMarshal.AsBytes(parts), JsonHash.Kind.Object);
        UInt128 key = _draft.Standing is { } standing ? JsonHash.Of(identity, standing, JsonHash.Kind.Member) : identity;
        if (_fingerprints.Count == 0)
            return new SarifFinding(key, identity, null);

        UInt128 scope = JsonHash.Of(tool, rule, JsonHash.Kind.Member);
        UInt128[] fingerprints = new UInt128[_fingerprints.Count];
        for (int i = 0; i < fingerprints.Length; i++)
        {
            UInt128 pair = _fingerprints[i];
            fingerprints[i] = SarifFinding.Mark(JsonHash.Of(scope, pair, JsonHash.Kind.Member), SarifFinding.KindOf(pair));
        }

        return new SarifFinding(key, identity, fingerprints);
    }

    private UInt128 Rule()
    {
        if (_draft.RuleId is { } id)
            return id;
        if (!_draft.RuleIsOfComponent && Catalog(_toolIsRead).Rule(_draft.RuleIndex) is { } found)
            return found;
        return Unresolved(_draft.RuleIndex, _draft.RuleComponent);
    }

    private UInt128 Place()
    {
        if (_draft.Uri is { } uri)
            return uri;
        if (_draft.ArtifactIndex < 0)
            return UInt128.Zero;
        return Catalog(_artifactsAreRead).Artifact(_draft.ArtifactIndex) ?? Unresolved(_draft.ArtifactIndex, default);
    }

    private UInt128 Message() =>
        JsonHash.Of(
            _draft.Text ?? _draft.Markdown ?? _draft.MessageId ?? default,
            _draft.Arguments,
            JsonHash.Kind.Member);

    private static UInt128 Unresolved(long index, UInt128 component) =>
        JsonHash.Of((UInt128)(ulong)index, component, JsonHash.Kind.IndexPath);

    /// <summary>
    /// The catalog of this run: the one being read if that part of it is complete, else from a second reading.
    /// </summary>
    private SarifRunCatalog Catalog(bool isRead)
    {
        if (isRead)
            return Run;
        _allRuns ??= SarifCatalogReader.ReadAll(File, _bufferSize);
        if (Runs > _allRuns.Count)
            throw new ComparisonException(File.Path, "was changed while being read");
        return _allRuns[Runs - 1];
    }

    /// <summary>What has been read of the current result.</summary>
    private struct Draft
    {
        public UInt128? RuleId;
        public UInt128? Uri;
        public UInt128? Text;
        public UInt128? Markdown;
        public UInt128? Standing; // level and kind
        public UInt128? MessageId;
        public UInt128 Arguments;
        public UInt128 RuleComponent;
        public UInt128 Line;
        public long RuleIndex;
        public long ArtifactIndex;
        public bool RuleIsOfComponent;
        public bool IsAbsent;
    }
}
