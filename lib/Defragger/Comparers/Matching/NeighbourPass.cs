namespace Defragger.Comparers.Matching;

/// <summary>Pairs what is left over of one rule between the same two paired findings of a file, though all else changed.</summary>
/// <remarks>
/// Findings without any difference are not in the table, so two paired ones may be far apart: a finding is taken for
/// another only if it is near the line where it is to be expected.
/// Cost: n log n.
/// </remarks>
internal static class NeighbourPass
{
    /// <summary>A statement and what belongs to it.</summary>
    private const long MostLines = 10;

    public static void Run(MatchTable table)
    {
        LineShifts shifts = new(table);
        List<KeyEntry> left = Gaps(table, table.Left, own => own);
        List<KeyEntry> right = Gaps(table, table.Right, own => own == MatchTable.None ? own : table.Right.PartnerOf[own]);
        left.Sort();
        right.Sort();
        for (int i = 0, j = 0; i < left.Count && j < right.Count;)
        {
            int order = left[i].Key.CompareTo(right[j].Key);
            if (order == 0)
            {
                int here = left[i].Finding;
                int there = right[j].Finding;
                long distance = table.Left.Findings[here].Line + shifts.Before(here) - table.Right.Findings[there].Line;
                if (Math.Abs(distance) <= MostLines)
                    table.Pair(here, there);
                order = Math.Abs(distance) <= MostLines ? 0 : Math.Sign(distance);
            }

            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }
    }

    /// <summary>The free findings with a line, keyed by rule, file, and the paired findings before and behind them.</summary>
    /// <param name="table">Where they are.</param>
    /// <param name="side">Whose they are.</param>
    /// <param name="name">What the left side calls a paired finding.</param>
    private static List<KeyEntry> Gaps(MatchTable table, MatchSide side, Func<int, int> name)
    {
        FindingTraits[] findings = side.Findings;
        int[] behind = new int[findings.Length];
        int next = MatchTable.None;
        for (int i = findings.Length - 1; i >= 0; i--)
        {
            if (i + 1 < findings.Length && findings[i + 1].File != findings[i].File)
                next = MatchTable.None;
            behind[i] = next;
            if (IsAnchor(table, side, i))
                next = i;
        }

        List<KeyEntry> gaps = [];
        int before = MatchTable.None;
        for (int i = 0; i < findings.Length; i++)
        {
            if (i > 0 && findings[i - 1].File != findings[i].File)
                before = MatchTable.None;
            if (IsAnchor(table, side, i))
                before = i;
            if (!side.IsFree(i) || findings[i].Line < 0)
                continue;
            ulong place = FindingTraits.Join(findings[i].Rule, findings[i].File);
            ulong between = FindingTraits.Join((ulong)(uint)name(before), (ulong)(uint)name(behind[i]));
            gaps.Add(new KeyEntry(FindingTraits.Join(place, between), i));
        }

        return gaps;
    }

    /// <summary>A pair within one file says where in it one is.</summary>
    private static bool IsAnchor(MatchTable table, MatchSide side, int finding)
    {
        int partner = side.PartnerOf[finding];
        if (partner == MatchTable.None)
            return false;
        MatchSide other = ReferenceEquals(side, table.Left) ? table.Right : table.Left;
        return other.Findings[partner].File == side.Findings[finding].File;
    }
}
