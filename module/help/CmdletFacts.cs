namespace Defragger.Help;

/// <summary>What the engine knows of a cmdlet.</summary>
/// <param name="Name">Verb-Noun.</param>
/// <param name="Parameters">All but the common ones, by name.</param>
/// <param name="Syntax">The parameter sets, the default one first.</param>
/// <param name="Inputs">Types of what the pipeline may bring, PSObject where only properties of it are taken; empty for none.</param>
/// <param name="Outputs">Types of what comes out; empty for none.</param>
internal sealed record CmdletFacts(
    string Name,
    IReadOnlyDictionary<string, ParameterFacts> Parameters,
    IReadOnlyList<IReadOnlyList<ParameterInSet>> Syntax,
    IReadOnlyList<string> Inputs,
    IReadOnlyList<string> Outputs)
{
    /// <summary>The name up to the dash.</summary>
    public string Verb => Name[..Name.IndexOf('-', StringComparison.Ordinal)];

    /// <summary>The name behind it.</summary>
    public string Noun => Name[(Verb.Length + 1)..];
}

/// <summary>A parameter, whatever the set.</summary>
/// <param name="Name">Without the dash.</param>
/// <param name="Type">As a caller writes it: string[], double, CaseHistory.</param>
/// <param name="IsSwitch">It takes no value.</param>
/// <param name="TakesSeveral">It is an array.</param>
/// <param name="Wildcards">It says that it takes wildcards.</param>
/// <param name="Aliases">Other names.</param>
/// <param name="Default">What holds when it is not given.</param>
/// <param name="Values">The words it accepts; empty where any will do.</param>
/// <param name="Range">The least and the greatest number; the greatest is null where the type's own end is meant, the pair
/// where no range is set.</param>
internal sealed record ParameterFacts(
    string Name,
    string Type,
    bool IsSwitch,
    bool TakesSeveral,
    bool Wildcards,
    IReadOnlyList<string> Aliases,
    string Default,
    IReadOnlyList<string> Values,
    (string Least, string? Most)? Range);

/// <summary>A parameter as a set has it.</summary>
/// <param name="Facts">What holds in every set.</param>
/// <param name="Required">It must be given.</param>
/// <param name="Position">From 0 on; null where it must be named.</param>
/// <param name="ByValue">It takes objects of the pipeline.</param>
/// <param name="ByPropertyName">It takes properties of theirs.</param>
internal sealed record ParameterInSet(ParameterFacts Facts, bool Required, int? Position, bool ByValue, bool ByPropertyName)
{
    /// <summary>As Get-Help says it.</summary>
    public string PipelineInput => (ByValue, ByPropertyName) switch
    {
        (true, true) => "true (ByValue, ByPropertyName)",
        (true, false) => "true (ByValue)",
        (false, true) => "true (ByPropertyName)",
        _ => "false",
    };
}
