namespace Defragger.Comparers.Matching;

/// <summary>One pass: findings of both sides with an equal key are one finding, each in one pair at most.</summary>
/// <remarks>
/// Keys of both sides are sorted and merged. A key that one finding has here and one there is decided at once. Those that
/// several have wait until then, for by the ones that are decided it can be told how lines moved; then
/// <see cref="GroupPairing"/> says which of them belong together. k findings here and m there make min(k, m) pairs.
/// Cost: n log n for n keys.
/// </remarks>
internal static class KeyPass
{
    /// <summary>Pairs what agrees in one key a finding.</summary>
    /// <param name="table">The findings.</param>
    /// <param name="keyOf">What findings must agree in; 0 for one that takes no part.</param>
    /// <param name="sameLine">They must also stand where lines that moved would put them.</param>
    public static void Run(MatchTable table, Func<FindingTraits, ulong> keyOf, bool sameLine = false) =>
        Run(table, Keys(table.Left, keyOf), Keys(table.Right, keyOf), sameLine);

    /// <summary>Pairs what agrees in one of any number of keys a finding; lower keys go first.</summary>
    public static void Run(MatchTable table, List<KeyEntry> left, List<KeyEntry> right, bool sameLine = false)
    {
        left.Sort();
        right.Sort();
        GroupPairing groups = new(table);
        bool anyGroup = false;
        foreach ((int i, int iEnd, int j, int jEnd) in Groups(left, right))
        {
            if (!sameLine && iEnd - i == 1 && jEnd - j == 1)
            {
                if (table.Left.IsFree(left[i].Finding) && table.Right.IsFree(right[j].Finding))
                    table.Pair(left[i].Finding, right[j].Finding);
            }
            else
            {
                anyGroup = true;
            }
        }

        if (!anyGroup)
            return;
        LineShifts shifts = new(table);
        foreach ((int i, int iEnd, int j, int jEnd) in Groups(left, right))
            groups.Pair(left, i, iEnd, right, j, jEnd, shifts, sameLine);
    }

    private static List<KeyEntry> Keys(MatchSide side, Func<FindingTraits, ulong> keyOf)
    {
        List<KeyEntry> keys = new(side.Free);
        for (int i = 0; i < side.Findings.Length; i++)
        {
            if (side.IsFree(i) && keyOf(side.Findings[i]) is not 0 and ulong key)
                keys.Add(new KeyEntry(key, i));
        }

        return keys;
    }

    /// <summary>The stretches of one key that both sides have.</summary>
    private static IEnumerable<(int Left, int LeftEnd, int Right, int RightEnd)> Groups(List<KeyEntry> left, List<KeyEntry> right)
    {
        for (int i = 0, j = 0; i < left.Count && j < right.Count;)
        {
            int iEnd = EndOf(left, i);
            int jEnd = EndOf(right, j);
            int order = left[i].Key.CompareTo(right[j].Key);
            if (order == 0)
                yield return (i, iEnd, j, jEnd);
            if (order <= 0)
                i = iEnd;
            if (order >= 0)
                j = jEnd;
        }
    }

    private static int EndOf(List<KeyEntry> keys, int start)
    {
        int end = start + 1;
        while (end < keys.Count && keys[end].Key == keys[start].Key)
            end++;
        return end;
    }
}

/// <summary>A key of a finding; sorted by key, then in the order of the table.</summary>
internal readonly record struct KeyEntry(ulong Key, int Finding) : IComparable<KeyEntry>
{
    public int CompareTo(KeyEntry other)
    {
        int order = Key.CompareTo(other.Key);
        return order != 0 ? order : Finding.CompareTo(other.Finding);
    }
}
