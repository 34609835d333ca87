using System.Globalization;
using System.Text;
using Defragger.Comparers.Matching;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers.Xml;

/// <summary>The findings of an XML report as the matcher wants them: hashes, by the same passes as those of SARIF.</summary>
/// <remarks>The first place is the finding's own; further ones are the steps that lead there. What a failed test printed is
/// compared like a snippet. Times are not compared.</remarks>
internal sealed class XmlFindingReader : IFindingReader
{
    private const int FindingsAtOnce = 64; // so that two reports read in turn are never far apart

    private readonly XmlFindingParser _parser;
    private readonly FingerprintNames _names;
    private readonly TraitsPool _pool;
    private readonly Action<SarifFinding> _finding;
    private readonly FindingRules? _rules;
    private readonly List<(UInt128 Pair, int Name)> _fingerprints = [];

    /// <param name="file">Stays the caller's.</param>
    /// <param name="names">Numbers the names of fingerprints, for both files.</param>
    /// <param name="pool">Where traits come from; the taker of a finding gives them back.</param>
    /// <param name="finding">Takes each finding.</param>
    /// <param name="rules">Told each rule's id and each file's name; null where no ignore rule asks.</param>
    public XmlFindingReader(
        SourceFile file, FingerprintNames names, TraitsPool pool, Action<SarifFinding> finding, FindingRules? rules)
    {
        _parser = new XmlFindingParser(file);
        _names = names;
        _pool = pool;
        _finding = finding;
        _rules = rules;
    }

    public long Count { get; private set; }

    public bool PumpFindings()
    {
        for (int i = 0; i < FindingsAtOnce; i++)
        {
            if (_parser.Read() is not XmlFinding finding)
                return false;
            _finding(Hash(finding));
            Count++;
        }

        return true;
    }

    public void Dispose() => _parser.Dispose();

    private SarifFinding Hash(XmlFinding finding)
    {
        SarifDraft draft = new()
        {
            Text = Of(finding.Message),
            MaskedText = Masked(finding.Message),
            Standing = Of(finding.Level),
            Snippet = finding.Body,
        };
        foreach (string detail in finding.Details)
        {
            draft.Arguments = JsonHash.Of(draft.Arguments, Of(detail), JsonHash.Kind.Element);
            draft.MaskedArguments = JsonHash.Of(draft.MaskedArguments, Masked(detail), JsonHash.Kind.Element);
        }

        XmlPlace own = finding.Places.Count > 0 ? finding.Places[0] : default;
        if (own.Line is string line)
        {
            draft.Line = Of(line);
            draft.LineNumber = int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? number
                : (long)draft.Line | long.MinValue;
        }

        foreach (XmlPlace step in finding.Places.Count > 1 ? finding.Places : [])
            draft.Flow.Add(Of(step.Text ?? ""), File(step.File), Of(step.Line ?? ""));
        if (finding.Places.Count > 1)
            draft.Flow.EndThread();
        _fingerprints.Clear();
        if (finding.Fingerprint is string print)
        {
            UInt128 name = JsonHash.Of("hash"u8, JsonHash.Kind.Name);
            _fingerprints.Add((JsonHash.Of(name, Of(print), JsonHash.Kind.Member), _names.NumberOf(name, identifies: false)));
        }

        UInt128 tool = Of(_parser.Dialect.Tool);
        UInt128 id = Of(finding.Rule);
        UInt128 rule = JsonHash.Of(tool, id, JsonHash.Kind.Member);
        _rules?.SawId(id, finding.Rule);
        _rules?.Link(rule, id);
        SarifFinding hashed = draft.Finish(_pool, Count, tool, rule, File(own.File), _fingerprints);
        // Where in the file it stands is not known; which one it is finds it again.
        hashed.Traits.Offset = Count;
        hashed.Traits.Length = 0;
        return hashed;
    }

    private UInt128 File(string? name)
    {
        if (name is null)
            return UInt128.Zero;
        Span<byte> path = SarifUri.Normalize(Encoding.UTF8.GetBytes(name));
        UInt128 file = JsonHash.Of(path, JsonHash.Kind.Text);
        _rules?.SawFile(file, Encoding.UTF8.GetString(path));
        return file;
    }

    private static UInt128 Of(string text) => JsonHash.Of(Encoding.UTF8.GetBytes(text), JsonHash.Kind.Text);

    private static UInt128 Masked(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return JsonHash.Of(MessageMask.Applies(bytes) ? MessageMask.Apply(bytes) : bytes, JsonHash.Kind.Text);
    }
}
