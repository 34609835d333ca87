namespace Defragger.Comparers.Matching;

/// <summary>The findings of two logs that have no equal on the other side, and who was paired with whom so far.</summary>
/// <remarks>
/// Invariants:
/// 1. Each side is sorted by file, line and content, so that no pass can depend on the order in which a log lists them.
///    (A rename gives a whole file another hash; its findings stay together.)
/// 2. PartnerOf[i] = j here if and only if PartnerOf[j] = i there; -1 for none.
/// </remarks>
internal sealed class MatchTable
{
    public const int None = -1;

    public MatchTable(List<(UInt128 Key, FindingTraits Traits)> left, List<(UInt128 Key, FindingTraits Traits)> right)
    {
        Left = new MatchSide(left);
        Right = new MatchSide(right);
    }

    public MatchSide Left { get; }

    public MatchSide Right { get; }

    public void Pair(int left, int right)
    {
        Left.PartnerOf[left] = right;
        Right.PartnerOf[right] = left;
    }
}

/// <summary>One side of a <see cref="MatchTable"/>.</summary>
internal sealed class MatchSide
{
    public MatchSide(List<(UInt128 Key, FindingTraits Traits)> findings)
    {
        findings.Sort(static (a, b) =>
        {
            int order = a.Traits.File.CompareTo(b.Traits.File);
            if (order == 0)
                order = a.Traits.Line.CompareTo(b.Traits.Line);
            return order != 0 ? order : a.Key.CompareTo(b.Key);
        });
        Findings = findings.ConvertAll(static finding => finding.Traits).ToArray();
        HasNewFile = new bool[Findings.Length];
        PartnerOf = new int[Findings.Length];
        PartnerOf.AsSpan().Fill(MatchTable.None);
    }

    public FindingTraits[] Findings { get; }

    public int[] PartnerOf { get; }

    /// <summary>Whose file is told by the name that the other side has for it.</summary>
    public bool[] HasNewFile { get; }

    public bool IsFree(int finding) => PartnerOf[finding] == MatchTable.None;
}
