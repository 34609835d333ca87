namespace Defragger.Comparers.Matching;

/// <summary>Where a finding of the left side is to be expected on the right: as far off as the paired ones around it.</summary>
/// <remarks>
/// Lines that were put in or taken out above a finding move it as they move its neighbours. Findings without any
/// difference are not in the table and would say 0; so does a finding without a paired one on that side of it.
/// Cost: one pass over the left side.
/// </remarks>
internal sealed class LineShifts
{
    private readonly long[] _before;
    private readonly long[] _after;

    public LineShifts(MatchTable table)
    {
        FindingTraits[] left = table.Left.Findings;
        _before = new long[left.Length];
        _after = new long[left.Length];
        long shift = 0;
        for (int i = 0; i < left.Length; i++)
            _before[i] = shift = ShiftAt(table, i, i - 1, shift);
        shift = 0;
        for (int i = left.Length - 1; i >= 0; i--)
            _after[i] = shift = ShiftAt(table, i, i + 1, shift);
    }

    /// <summary>By how many lines the nearest paired finding before it moved.</summary>
    public long Before(int left) => _before[left];

    /// <summary>By how many lines the nearest paired finding behind it moved.</summary>
    public long After(int left) => _after[left];

    private static long ShiftAt(MatchTable table, int i, int neighbour, long shiftOfNeighbour)
    {
        FindingTraits[] left = table.Left.Findings;
        int partner = table.Left.PartnerOf[i];
        if (partner != MatchTable.None)
        {
            FindingTraits other = table.Right.Findings[partner];
            if (other.File == left[i].File && other.Line >= 0 && left[i].Line >= 0)
                return other.Line - left[i].Line;
        }

        bool isSameFile = neighbour >= 0 && neighbour < left.Length && left[neighbour].File == left[i].File;
        return isSameFile ? shiftOfNeighbour : 0;
    }
}
