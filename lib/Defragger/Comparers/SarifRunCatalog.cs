namespace Defragger.Comparers;

/// <summary>What the results of one run refer to: the tool's name, rules and artifacts by index. Hashes only.</summary>
internal sealed class SarifRunCatalog
{
    /// <summary>
    /// Rules or artifacts that are kept: 32 MiB. A reference beyond it counts by its number.
    /// </summary>
    public const int Limit = 1 << 20;

    private readonly List<UInt128?> _rules = [];
    private readonly List<UInt128?> _artifacts = [];

    /// <summary>The driver's name, or 0 if it has none.</summary>
    public UInt128 Tool { get; set; }

    public UInt128? Rule(long index) => At(_rules, index);

    public UInt128? Artifact(long index) => At(_artifacts, index);

    public void AddRule(UInt128? id) => Add(_rules, id);

    public void AddArtifact(UInt128? uri) => Add(_artifacts, uri);

    private static UInt128? At(List<UInt128?> list, long index) =>
        index >= 0 && index < list.Count ? list[(int)index] : null;

    private static void Add(List<UInt128?> list, UInt128? value)
    {
        if (list.Count < Limit)
            list.Add(value);
    }
}
