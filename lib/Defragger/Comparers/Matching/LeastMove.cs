namespace Defragger.Comparers.Matching;

/// <summary>Pairs findings of one file in the order of their lines, so that they move together as far as possible.</summary>
/// <remarks>
/// Every finding of the smaller side gets a partner; which of the larger side stay alone is what there is to choose. Lines
/// that were put in or taken out move all that follows by the same number of lines, so a pair costs as many lines as it
/// moves more or less than the pair before it, or than the paired findings around it. The choice with the least costs is an
/// alignment as of Needleman and Wunsch (1970): cost(s, l) is the least for the first s of the smaller side when the last of
/// them is paired with the l-th of the larger.
/// Cost: |smaller| x |larger| x |larger - smaller| steps, at most <see cref="MostSteps"/>; other groups are left to the caller.
/// </remarks>
internal static class LeastMove
{
    /// <summary>A group of 64 and 60, or of 500 and 499.</summary>
    private const long MostSteps = 1 << 18;

    /// <summary>False if the group is too large, or not in one file with numbers for lines, or leaves no choice.</summary>
    public static bool TryPair(MatchTable table, List<int> left, List<int> right, LineShifts shifts)
    {
        int more = Math.Abs(left.Count - right.Count);
        if (more == 0 || (long)left.Count * right.Count * more > MostSteps || !AreInOneFile(table, left, right))
            return false;
        bool leftIsSmaller = left.Count < right.Count;
        List<int> small = leftIsSmaller ? left : right;
        List<int> large = leftIsSmaller ? right : left;
        int[] partners = Align(small.Count, more, (s, l) =>
        {
            (int i, int j) = leftIsSmaller ? (small[s], large[l]) : (large[l], small[s]);
            long move = table.Right.Findings[j].Line - table.Left.Findings[i].Line;
            return (move, Math.Min(Math.Abs(move - shifts.Before(i)), Math.Abs(move - shifts.After(i))));
        });
        for (int s = 0; s < partners.Length; s++)
        {
            (int i, int j) = leftIsSmaller ? (small[s], large[partners[s]]) : (large[partners[s]], small[s]);
            table.Pair(i, j);
        }

        return true;
    }

    /// <summary>The partner of each of the smaller side.</summary>
    /// <param name="small">How many there are.</param>
    /// <param name="more">How many more the other side has, so that s can be paired with s to s + more.</param>
    /// <param name="pairOf">By how much a pair moves, and what that costs beside the findings around it.</param>
    private static int[] Align(int small, int more, Func<int, int, (long Move, long Cost)> pairOf)
    {
        long[] moves = new long[more + 1], costs = new long[more + 1];
        long[] movesBefore = new long[more + 1], costsBefore = new long[more + 1];
        int[,] chosen = new int[small, more + 1]; // how many stay alone before the pair that comes before this one
        for (int s = 0; s < small; s++)
        {
            for (int alone = 0; alone <= more; alone++)
            {
                (moves[alone], long apart) = pairOf(s, s + alone);
                costs[alone] = s == 0 ? apart : long.MaxValue;
                for (int before = 0; s > 0 && before <= alone; before++)
                {
                    long cost = costsBefore[before] + Math.Min(apart, Math.Abs(moves[alone] - movesBefore[before]));
                    if (cost < costs[alone])
                        (costs[alone], chosen[s, alone]) = (cost, before);
                }
            }

            (moves, movesBefore, costs, costsBefore) = (movesBefore, moves, costsBefore, costs);
        }

        int[] partners = new int[small];
        int best = Array.IndexOf(costsBefore, costsBefore.Min());
        for (int s = small - 1; s >= 0; s--)
        {
            partners[s] = s + best;
            best = chosen[s, best];
        }

        return partners;
    }

    private static bool AreInOneFile(MatchTable table, List<int> left, List<int> right)
    {
        ulong file = table.Left.Findings[left[0]].File;
        return left.TrueForAll(i => table.Left.Findings[i].File == file && table.Left.Findings[i].Line >= 0)
            && right.TrueForAll(j => table.Right.Findings[j].File == file && table.Right.Findings[j].Line >= 0);
    }
}
