using System.Text;
using System.Text.Json;
using Defragger.Comparers.Matching;

namespace Defragger.Comparers.Rules;

/// <summary>Which ignore rules a finding could be covered by, though only hashes of its rule and file are kept.</summary>
/// <remarks>
/// The text of each rule id and file is looked at when it is read first; what is kept is the list of rules that match it.
/// Invariant: _byId and _byFile know every text that was read, up to <see cref="Limit"/> of each; of one that they do not
/// know nothing is ignored that a rule asks its text for.
/// </remarks>
internal sealed class FindingRules
{
    private const int Limit = 1 << 18;

    private readonly Allowances _allowances;
    private readonly Dictionary<UInt128, int[]> _byId = [];
    private readonly Dictionary<ulong, int[]> _byRule = []; // tool and rule, as in the traits
    private readonly Dictionary<ulong, int[]> _byFile = [];
    private readonly int[] _ofUnknownId;
    private readonly int[] _ofUnknownFile;

    public FindingRules(Allowances allowances)
    {
        _allowances = allowances;
        _ofUnknownId = allowances.ForRule(null);
        _ofUnknownFile = allowances.ForFile(null);
    }

    /// <summary>The reader stands on the id of a rule, which has this hash.</summary>
    public void SawId(UInt128 id, ref Utf8JsonReader reader)
    {
        if (_byId.Count < Limit && !_byId.ContainsKey(id) && reader.TokenType == JsonTokenType.String)
            _byId.Add(id, _allowances.ForRule(reader.GetString()));
    }

    /// <summary>The id of a rule has this hash.</summary>
    public void SawId(UInt128 id, string text)
    {
        if (_byId.Count < Limit && !_byId.ContainsKey(id))
            _byId.Add(id, _allowances.ForRule(text));
    }

    /// <summary>The name of a file, normalised, has this hash.</summary>
    public void SawFile(UInt128 file, string name)
    {
        if (_byFile.Count < Limit && !_byFile.ContainsKey(FindingTraits.Short(file)))
            _byFile.Add(FindingTraits.Short(file), _allowances.ForFile(name));
    }

    /// <summary>The reader stands on the name of a file, which has this hash.</summary>
    public void SawFile(UInt128 file, ref Utf8JsonReader reader)
    {
        if (_byFile.Count < Limit && !_byFile.ContainsKey(FindingTraits.Short(file)))
        {
            byte[] name = Encoding.UTF8.GetBytes(reader.GetString()!);
            _byFile.Add(FindingTraits.Short(file), _allowances.ForFile(Encoding.UTF8.GetString(SarifUri.Normalize(name))));
        }
    }

    /// <summary>A tool's rule that has this id.</summary>
    public void Link(UInt128 rule, UInt128 id) => _byRule.TryAdd(FindingTraits.Short(rule), _byId.GetValueOrDefault(id, _ofUnknownId));

    /// <summary>Whether a rule covers what became of a finding.</summary>
    public bool TryIgnore(FindingChange change, FindingTraits finding) => _allowances.TryIgnore(
        change,
        _byFile.GetValueOrDefault(finding.File, _ofUnknownFile),
        _byRule.GetValueOrDefault(finding.Rule, _ofUnknownId));
}
