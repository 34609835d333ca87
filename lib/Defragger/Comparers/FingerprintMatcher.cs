namespace Defragger.Comparers;

/// <summary>Pairs findings that are equal in a fingerprint although their line, message or level changed.</summary>
/// <remarks>
/// All fingerprints of both sides' leftovers are sorted by value; those of a kind that identifies come first. Where a
/// value occurs on both sides, its findings are paired one to one in the order of the files, each finding once.
/// The order of the values decides nothing but ties, and is the same whichever side is called the baseline.
/// Cost: n log n for n fingerprints; memory: 32 bytes each.
/// </remarks>
internal static class FingerprintMatcher
{
    /// <summary>How many pairs there are; each list holds the fingerprints of one leftover an item.</summary>
    public static long CountPairs(IReadOnlyList<UInt128[]?> baseline, IReadOnlyList<UInt128[]?> candidate)
    {
        Mark[] left = Marks(baseline);
        Mark[] right = Marks(candidate);
        bool[] leftTaken = new bool[baseline.Count];
        bool[] rightTaken = new bool[candidate.Count];
        long pairs = 0;
        int i = 0;
        int j = 0;
        while (i < left.Length && j < right.Length)
        {
            if (leftTaken[left[i].Finding])
            {
                i++;
            }
            else if (rightTaken[right[j].Finding])
            {
                j++;
            }
            else
            {
                int order = left[i].CompareValue(right[j]);
                if (order == 0)
                {
                    leftTaken[left[i].Finding] = rightTaken[right[j].Finding] = true;
                    pairs++;
                }

                i += order <= 0 ? 1 : 0;
                j += order >= 0 ? 1 : 0;
            }
        }

        return pairs;
    }

    private static Mark[] Marks(IReadOnlyList<UInt128[]?> findings)
    {
        Mark[] marks = new Mark[findings.Sum(prints => prints?.Length ?? 0)];
        int at = 0;
        for (int finding = 0; finding < findings.Count; finding++)
        {
            foreach (UInt128 value in findings[finding] ?? [])
                marks[at++] = new Mark(value, finding);
        }

        Array.Sort(marks);
        return marks;
    }

    private readonly record struct Mark(UInt128 Value, int Finding) : IComparable<Mark>
    {
        public int CompareValue(Mark other)
        {
            int kind = SarifFinding.KindOf(Value).CompareTo(SarifFinding.KindOf(other.Value));
            return kind != 0 ? kind : Value.CompareTo(other.Value);
        }

        public int CompareTo(Mark other)
        {
            int value = CompareValue(other);
            return value != 0 ? value : Finding.CompareTo(other.Finding);
        }
    }
}
