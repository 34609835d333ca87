namespace Defragger.Comparers.Rules;

/// <summary>What may differ at a value, as a small number: one of the few combinations of a tolerance and rules.</summary>
internal sealed class LeafRules
{
    /// <summary>Nothing may differ.</summary>
    public const int Nothing = 0;

    private readonly Allowances _allowances;
    private readonly List<(Tolerance? Tolerance, int[] Rules)> _combinations = [(null, [])];

    public LeafRules(Allowances allowances) => _allowances = allowances;

    /// <summary>Whether a path has to be told at all.</summary>
    public bool AreAsked => _allowances.HasTolerances || _allowances.HasRules;

    /// <summary>What may differ at a path.</summary>
    public int Of(ReadOnlySpan<char> path)
    {
        Tolerance? tolerance = _allowances.ToleranceOf(path);
        int[] rules = _allowances.HasRules ? _allowances.ForValue(path) : [];
        int known = _combinations.FindIndex(one => one.Tolerance == tolerance && one.Rules.AsSpan().SequenceEqual(rules));
        if (known >= 0)
            return known;
        _combinations.Add((tolerance, rules));
        return _combinations.Count - 1;
    }

    public Tolerance? ToleranceOf(int combination) => _combinations[combination].Tolerance;

    public int[] RulesOf(int combination) => _combinations[combination].Rules;
}

/// <summary>A value of a JSON document.</summary>
/// <param name="Hash">Of the value.</param>
/// <param name="Number">The number that it is, where a tolerance asks for it; NaN otherwise.</param>
/// <param name="Rules">What may differ there, a number of <see cref="LeafRules"/>.</param>
/// <param name="Offset">Where in its file its token begins; of an empty container, the closing bracket.</param>
internal readonly record struct JsonLeaf(UInt128 Hash, double Number, int Rules, long Offset);
