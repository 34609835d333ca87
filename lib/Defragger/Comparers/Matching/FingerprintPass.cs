namespace Defragger.Comparers.Matching;

/// <summary>Pairs findings of one rule that are equal in a fingerprint that has a vote, whatever else changed.</summary>
internal static class FingerprintPass
{
    /// <summary>By fingerprints that identify a finding, or by those that only contribute to that.</summary>
    public static void Run(MatchTable table, FingerprintNames names, bool identifying)
    {
        bool[] votes = names.Votes(identifying);
        if (votes.Contains(true))
            KeyPass.Run(table, Keys(table.Left, votes), Keys(table.Right, votes));
    }

    private static List<KeyEntry> Keys(MatchSide side, bool[] votes)
    {
        List<KeyEntry> keys = new(side.Findings.Length);
        for (int i = 0; i < side.Findings.Length; i++)
        {
            if (!side.IsFree(i))
                continue;
            foreach (Fingerprint print in side.Findings[i].Fingerprints)
            {
                if (votes[print.Name])
                    keys.Add(new KeyEntry(FindingTraits.Join(side.Findings[i].Rule, print.Value), i));
            }
        }

        return keys;
    }
}
