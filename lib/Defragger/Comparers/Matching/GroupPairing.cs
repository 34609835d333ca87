namespace Defragger.Comparers.Matching;

/// <summary>Which of several findings with one key belong together.</summary>
/// <remarks>
/// First those whose code flows begin and end alike, then those with the same context; among these, and then among the
/// rest, the one on the line where it is to be expected (<see cref="LineShifts"/>), and at last in the order of their lines:
/// where one side has more, those stay alone without which the others move most alike (<see cref="LeastMove"/>).
/// Cost: n log n for a group of n, and a bounded number of steps for each finding of a small group.
/// </remarks>
internal sealed class GroupPairing
{
    private readonly MatchTable _table;
    private readonly FindingTraits[] _left;
    private readonly FindingTraits[] _right;
    private readonly Group _group = new([], []); // of one call; used again

    public GroupPairing(MatchTable table)
    {
        _table = table;
        _left = table.Left.Findings;
        _right = table.Right.Findings;
    }

    /// <summary>Pairs the free ones of a stretch of entries here and one there.</summary>
    public void Pair(List<KeyEntry> left, int i, int iEnd, List<KeyEntry> right, int j, int jEnd, LineShifts shifts, bool sameLine)
    {
        Group group = _group;
        group.Left.Clear();
        group.Right.Clear();
        for (; i < iEnd; i++)
            group.Left.Add(left[i].Finding);
        for (; j < jEnd; j++)
            group.Right.Add(right[j].Finding);
        if (!Shrink(group))
            return;
        if (sameLine)
            ByLine(group, shifts);
        else
            ByFlow(group, shifts);
    }

    private void ByFlow(Group group, LineShifts shifts)
    {
        Divide(group, i => _left[i].FlowEnds, j => _right[j].FlowEnds, part => ByContext(part, shifts));
        if (Shrink(group))
            ByContext(group, shifts);
    }

    private void ByContext(Group group, LineShifts shifts)
    {
        Divide(group, i => _left[i].Context, j => _right[j].Context, part => ByPlace(part, shifts));
        if (Shrink(group))
            ByPlace(group, shifts);
    }

    private void ByPlace(Group group, LineShifts shifts)
    {
        if (!ByLine(group, shifts))
            return;
        if (!LeastMove.TryPair(_table, group.Left, group.Right, shifts))
            InOrder(group);
    }

    /// <summary>False when nothing is left to pair.</summary>
    private bool ByLine(Group group, LineShifts shifts)
    {
        Divide(group, i => Place(_left[i], shifts.Before(i)), j => Place(_right[j], 0), InOrder);
        if (!Shrink(group))
            return false;
        Divide(group, i => Place(_left[i], shifts.After(i)), j => Place(_right[j], 0), InOrder);
        return Shrink(group);
    }

    private void InOrder(Group group)
    {
        for (int k = 0; k < Math.Min(group.Left.Count, group.Right.Count); k++)
            _table.Pair(group.Left[k], group.Right[k]);
    }

    private static ulong Place(FindingTraits finding, long move) =>
        FindingTraits.Join(finding.File, unchecked((ulong)(finding.Line >= 0 ? finding.Line + move : finding.Line)));

    /// <summary>Hands on the parts of a group that agree in a value; 0 agrees with nothing.</summary>
    private static void Divide(Group group, Func<int, ulong> leftValue, Func<int, ulong> rightValue, Action<Group> pair)
    {
        List<KeyEntry> left = Sorted(group.Left, leftValue);
        List<KeyEntry> right = Sorted(group.Right, rightValue);
        for (int i = 0, j = 0; i < left.Count && j < right.Count;)
        {
            int order = left[i].Key.CompareTo(right[j].Key);
            if (order != 0)
            {
                i += order < 0 ? 1 : 0;
                j += order > 0 ? 1 : 0;
                continue;
            }

            Group part = new([], []);
            for (ulong value = left[i].Key; i < left.Count && left[i].Key == value; i++)
                part.Left.Add(left[i].Finding);
            for (ulong value = right[j].Key; j < right.Count && right[j].Key == value; j++)
                part.Right.Add(right[j].Finding);
            pair(part);
        }
    }

    private static List<KeyEntry> Sorted(List<int> findings, Func<int, ulong> value)
    {
        List<KeyEntry> entries = new(findings.Count);
        foreach (int finding in findings)
        {
            if (value(finding) is not 0 and ulong key)
                entries.Add(new KeyEntry(key, finding));
        }

        entries.Sort();
        return entries;
    }

    /// <summary>Takes out what is paired; false when a side has nothing left.</summary>
    private bool Shrink(Group group)
    {
        group.Left.RemoveAll(finding => !_table.Left.IsFree(finding));
        group.Right.RemoveAll(finding => !_table.Right.IsFree(finding));
        return group.Left.Count > 0 && group.Right.Count > 0;
    }

    /// <summary>Findings in the order of the table.</summary>
    private readonly record struct Group(List<int> Left, List<int> Right);
}
