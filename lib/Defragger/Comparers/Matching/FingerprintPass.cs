namespace Defragger.Comparers.Matching;

/// <summary>Pairs findings of one rule that are equal in a fingerprint that has a vote, whatever else changed.</summary>
internal static class FingerprintPass
{
    /// <param name="table">The findings.</param>
    /// <param name="names">Which fingerprints have a vote.</param>
    /// <param name="identifying">Those that identify a finding, or those that only contribute to that.</param>
    /// <param name="inFiles">Only of one file.</param>
    public static void Run(MatchTable table, FingerprintNames names, bool identifying, bool inFiles = false)
    {
        bool[] votes = names.Votes(identifying);
        if (votes.Contains(true))
            KeyPass.Run(table, Keys(table.Left, votes, inFiles), Keys(table.Right, votes, inFiles));
    }

    private static List<KeyEntry> Keys(MatchSide side, bool[] votes, bool inFiles)
    {
        List<KeyEntry> keys = new(side.Findings.Length);
        for (int i = 0; i < side.Findings.Length; i++)
        {
            if (!side.IsFree(i))
                continue;
            FindingTraits finding = side.Findings[i];
            ulong scope = inFiles ? FindingTraits.Join(finding.Rule, finding.File) : finding.Rule;
            foreach (Fingerprint print in finding.Fingerprints)
            {
                if (votes[print.Name])
                    keys.Add(new KeyEntry(FindingTraits.Join(scope, print.Value), i));
            }
        }

        return keys;
    }
}
