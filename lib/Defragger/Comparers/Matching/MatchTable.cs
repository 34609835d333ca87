namespace Defragger.Comparers.Matching;

/// <summary>The findings of two logs that have no equal on the other side, and who was paired with whom so far.</summary>
/// <remarks>
/// Invariants:
/// 1. Each side is sorted by file, line and content, so that no pass can depend on the order in which a log lists them; equal
///    ones by number, so that the paired ones of them stand first in every table that has them. (A rename gives a whole file
///    another hash; its findings stay together.)
/// 2. Findings that were paired before (<see cref="FindingTraits.Partner"/>) are a pair here too.
/// 3. PartnerOf[i] = j here if and only if PartnerOf[j] = i there; -1 for none.
/// </remarks>
internal sealed class MatchTable
{
    public const int None = -1;

    public MatchTable(FindingTraits[] left, FindingTraits[] right)
    {
        Left = new MatchSide(left);
        Right = new MatchSide(right);
        RestorePairs();
    }

    public MatchSide Left { get; }

    public MatchSide Right { get; }

    public void Pair(int left, int right)
    {
        Left.Free--;
        Right.Free--;
        Left.PartnerOf[left] = right;
        Right.PartnerOf[right] = left;
    }

    private void RestorePairs()
    {
        Dictionary<FindingTraits, int> places = [];
        for (int j = 0; j < Right.Findings.Length; j++)
        {
            if (Right.Findings[j].Partner is not null)
                places.Add(Right.Findings[j], j);
        }

        for (int i = 0; i < Left.Findings.Length && places.Count > 0; i++)
        {
            if (Left.Findings[i].Partner is { } partner)
                Pair(i, places[partner]);
        }
    }
}

/// <summary>One side of a <see cref="MatchTable"/>.</summary>
internal sealed class MatchSide
{
    /// <param name="findings">Sorted in place.</param>
    public MatchSide(FindingTraits[] findings)
    {
        Array.Sort(findings, static (a, b) =>
        {
            int order = a.File.CompareTo(b.File);
            if (order == 0)
                order = a.Line.CompareTo(b.Line);
            if (order == 0)
                order = a.Key.CompareTo(b.Key);
            return order != 0 ? order : a.Number.CompareTo(b.Number);
        });
        Findings = findings;
        Free = findings.Length;
        HasNewFile = new bool[Findings.Length];
        PartnerOf = new int[Findings.Length];
        PartnerOf.AsSpan().Fill(MatchTable.None);
    }

    public FindingTraits[] Findings { get; }

    public int[] PartnerOf { get; }

    /// <summary>Findings without a partner.</summary>
    public int Free { get; set; }

    /// <summary>Whose file is told by the name that the other side has for it.</summary>
    public bool[] HasNewFile { get; }

    public bool IsFree(int finding) => PartnerOf[finding] == MatchTable.None;
}
