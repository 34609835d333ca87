using System.Text.Json;
using Defragger.Comparers.Matching;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers;

/// <summary>The findings of a SARIF log, handed on one by one as they are read.</summary>
/// <remarks>
/// What a finding is made of is told in <see cref="SarifDraft"/>. Level and kind are what stands there: one that is
/// missing is not filled in, for the default depends on the rule's configuration. The rule is ruleId, else rule.id, else the id that ruleIndex
/// or rule.index names, else that number and its component. The file is the first location's URI, normalised, else the
/// artifact that its index names, else that number. The line is whatever startLine holds. The message is its text,
/// else markdown, else id; with the arguments in any case. Of code flows, messages, files and lines of the steps count.
///
/// Results with baselineState "absent" are no findings of this file. Suppressed ones are: whether a suppression counts
/// is for an ignore rule to say, not for the comparer.
/// </remarks>
internal sealed class SarifFindingReader : SarifReader, IFindingReader
{
    /// <summary>GitHub's hash of the line, with ":2" behind it at the second finding on lines with that hash.</summary>
    private static ReadOnlySpan<byte> LineHash => "primaryLocationLineHash"u8;

    /// <summary>GitHub's other one is the number of a column, which finds no finding again.</summary>
    private static ReadOnlySpan<byte> Column => "primaryLocationStartColumnFingerprint"u8;

    private readonly FingerprintNames _names;
    private readonly TraitsPool _pool;
    private readonly Action<SarifFinding> _finding;
    private readonly int _bufferSize;
    private readonly List<(UInt128 Pair, int Name)> _fingerprints = [];
    private IReadOnlyList<SarifRunCatalog>? _allRuns;
    private bool _toolIsRead;
    private bool _artifactsAreRead;
    private UInt128 _fingerprintName;
    private int _fingerprintNumber;
    private bool _isLineHash;
    private SarifDraft _draft;

    /// <param name="file">Stays the caller's.</param>
    /// <param name="names">Numbers the names of fingerprints, for both files.</param>
    /// <param name="pool">Where traits come from; the taker of a finding gives them back.</param>
    /// <param name="finding">Takes each finding.</param>
    /// <param name="bufferSize">Bytes read at once.</param>
    /// <param name="rules">Told each rule's id and each file's name; null where no ignore rule asks.</param>
    public SarifFindingReader(
        SourceFile file,
        FingerprintNames names,
        TraitsPool pool,
        Action<SarifFinding> finding,
        int bufferSize = DefaultBufferSize,
        FindingRules? rules = null)
        : base(file, bufferSize, rules)
    {
        _names = names;
        _pool = pool;
        _finding = finding;
        _bufferSize = bufferSize;
    }

    /// <summary>Findings read so far.</summary>
    public long Count { get; private set; }

    public bool PumpFindings() => PumpSarif();

    protected override void Member(SarifNode node, ref Utf8JsonReader reader)
    {
        if (node is not (SarifNode.Fingerprint or SarifNode.PartialFingerprint))
            return;
        _fingerprintName = JsonHash.OfName(ref reader);
        _fingerprintNumber = reader.ValueTextEquals(Column)
            ? -1
            : _names.NumberOf(_fingerprintName, identifies: node == SarifNode.Fingerprint);
        _isLineHash = reader.ValueSpan.StartsWith(LineHash);
    }

    protected override bool Enter(SarifNode node)
    {
        if (node == SarifNode.Run)
        {
            _toolIsRead = _artifactsAreRead = false;
        }
        else if (node == SarifNode.Result)
        {
            _draft = new SarifDraft { RuleIndex = -1, ArtifactIndex = -1 };
            _fingerprints.Clear();
        }
        else if (node == SarifNode.RuleComponent)
        {
            _draft.RuleIsOfComponent = true;
        }
        else if (node == SarifNode.Step)
        {
            _draft.Step = new SarifDraft.FlowStep { Index = -1 };
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
            case SarifNode.Step:
                _draft.Flow.Add(_draft.Step.Message, Place(_draft.Step.Uri, _draft.Step.Index), _draft.Step.Line);
                break;
            case SarifNode.Thread:
                _draft.Flow.EndThread();
                break;
            case SarifNode.Result when !_draft.IsAbsent:
                _finding(Finish());
                Count++;
                break;
        }
    }

    protected override void Scalar(SarifNode node, ref Utf8JsonReader reader)
    {
        switch (node)
        {
            case SarifNode.ResultRuleId:
                _draft.RuleId = JsonHash.OfScalar(ref reader);
                Rules?.SawId(_draft.RuleId.Value, ref reader);
                break;
            case SarifNode.RuleReferenceId:
                _draft.RuleId ??= JsonHash.OfScalar(ref reader);
                Rules?.SawId(JsonHash.OfScalar(ref reader), ref reader);
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
                _draft.MaskedText = Masked(_draft.Text.Value, ref reader);
                break;
            case SarifNode.MessageMarkdown:
                _draft.Markdown = JsonHash.OfScalar(ref reader);
                _draft.MaskedMarkdown = Masked(_draft.Markdown.Value, ref reader);
                break;
            case SarifNode.MessageId:
                _draft.MessageId = JsonHash.OfScalar(ref reader);
                break;
            case SarifNode.Argument:
                UInt128 argument = JsonHash.OfScalar(ref reader);
                _draft.Arguments = JsonHash.Of(_draft.Arguments, argument, JsonHash.Kind.Element);
                _draft.MaskedArguments = JsonHash.Of(_draft.MaskedArguments, Masked(argument, ref reader), JsonHash.Kind.Element);
                break;
            case SarifNode.PlaceUri when reader.TokenType == JsonTokenType.String:
                _draft.Uri = SarifUri.Hash(ref reader);
                Rules?.SawFile(_draft.Uri.Value, ref reader);
                break;
            case SarifNode.PlaceIndex:
                _draft.ArtifactIndex = Index(node, ref reader);
                break;
            case SarifNode.StartLine:
                _draft.Line = JsonHash.OfScalar(ref reader);
                _draft.LineNumber = LineNumber(_draft.Line, ref reader);
                break;
            case SarifNode.SnippetText:
                _draft.Snippet = JsonHash.OfScalar(ref reader);
                _draft.RegionCode = Code(ref reader);
                break;
            case SarifNode.ContextText:
                _draft.SurroundingCode = Code(ref reader);
                break;
            case SarifNode.StepText:
            case SarifNode.StepMessageId:
                _draft.Step.Message = JsonHash.OfScalar(ref reader);
                break;
            case SarifNode.StepUri when reader.TokenType == JsonTokenType.String:
                _draft.Step.Uri = SarifUri.Hash(ref reader);
                break;
            case SarifNode.StepIndex:
                _draft.Step.Index = Index(node, ref reader);
                break;
            case SarifNode.StepLine:
                _draft.Step.Line = JsonHash.OfScalar(ref reader);
                break;
            case SarifNode.Fingerprint:
            case SarifNode.PartialFingerprint:
                AddFingerprint(ref reader);
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

    /// <summary>The number itself, or its hash with the sign set.</summary>
    private static long LineNumber(UInt128 hash, ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number
        && reader.TryGetDecimal(out decimal number)
        && decimal.IsInteger(number)
        && number is >= 0 and <= int.MaxValue
            ? (long)number
            : (long)hash | long.MinValue;

    private static UInt128 Masked(UInt128 hash, ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String && (reader.ValueIsEscaped || MessageMask.Applies(reader.ValueSpan))
            ? JsonText.Hash(ref reader, static text => JsonHash.Of(MessageMask.Apply(text), JsonHash.Kind.Text))
            : hash;

    private static UInt128 Code(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? JsonText.Hash(ref reader, FindingContext.OfCode) : default;

    private void AddFingerprint(ref Utf8JsonReader reader)
    {
        if (_fingerprints.Count == StoredFinding.MostFingerprints || _fingerprintNumber < 0)
            return;
        UInt128 value = _isLineHash && reader.TokenType == JsonTokenType.String
            ? JsonText.Hash(ref reader, static text => JsonHash.Of(WithoutOrdinal(text), JsonHash.Kind.Text))
            : JsonHash.OfScalar(ref reader);
        _fingerprints.Add((JsonHash.Of(_fingerprintName, value, JsonHash.Kind.Member), _fingerprintNumber));
    }

    /// <summary>The ordinal changes when the finding before it goes; which of equal ones it is, the passes find out.</summary>
    private static ReadOnlySpan<byte> WithoutOrdinal(ReadOnlySpan<byte> hash)
    {
        int colon = hash.LastIndexOf((byte)':');
        return colon > 0 && hash.Length > colon + 1 && !hash[(colon + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9')
            ? hash[..colon]
            : hash;
    }

    private SarifFinding Finish()
    {
        UInt128 tool = Catalog(_toolIsRead).Tool;
        UInt128 id = Rule();
        UInt128 rule = JsonHash.Of(tool, id, JsonHash.Kind.Member);
        Rules?.Link(rule, id);
        SarifFinding finding = _draft.Finish(_pool, Count, tool, rule, Place(_draft.Uri, _draft.ArtifactIndex), _fingerprints);
        finding.Traits.Offset = ResultAt.Start;
        finding.Traits.Length = ResultAt.End - ResultAt.Start;
        return finding;
    }

    private UInt128 Rule()
    {
        if (_draft.RuleId is { } id)
            return id;
        if (!_draft.RuleIsOfComponent && Catalog(_toolIsRead).Rule(_draft.RuleIndex) is { } found)
            return found;
        return Unresolved(_draft.RuleIndex, _draft.RuleComponent);
    }

    private UInt128 Place(UInt128? uri, long artifact)
    {
        if (uri is { } known)
            return known;
        if (artifact < 0)
            return UInt128.Zero;
        return Catalog(_artifactsAreRead).Artifact(artifact) ?? Unresolved(artifact, default);
    }

    private static UInt128 Unresolved(long index, UInt128 component) =>
        JsonHash.Of((UInt128)(ulong)index, component, JsonHash.Kind.IndexPath);

    /// <summary>
    /// The catalog of this run: the one being read if that part of it is complete, else from a second reading.
    /// </summary>
    private SarifRunCatalog Catalog(bool isRead)
    {
        if (isRead)
            return Run;
        _allRuns ??= SarifCatalogReader.ReadAll(File, _bufferSize, Rules);
        if (Runs > _allRuns.Count)
            throw new ComparisonException(File.Path, "was changed while being read");
        return _allRuns[Runs - 1];
    }
}
