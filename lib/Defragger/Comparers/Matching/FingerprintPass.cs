namespace Defragger.Comparers.Matching;

/// <summary>Pairs findings that are equal in a fingerprint that has a vote, whatever else changed.</summary>
internal static class FingerprintPass
{
    /// <summary>By fingerprints that identify a finding, or by those that only contribute to that.</summary>
    public static void Run(MatchTable table, FingerprintNames names, bool identifying) =>
        KeyPass.Run(table, Keys(table.Left, names, identifying), Keys(table.Right, names, identifying));

    private static List<KeyEntry> Keys(MatchSide side, FingerprintNames names, bool identifying)
    {
        List<KeyEntry> keys = [];
        for (int i = 0; i < side.Findings.Length; i++)
        {
            if (!side.IsFree(i))
                continue;
            foreach (Fingerprint print in side.Findings[i].Fingerprints ?? [])
            {
                if (names.Identifies(print.Name) == identifying && names.HasVote(print.Name))
                    keys.Add(new KeyEntry(print.Value, i));
            }
        }

        return keys;
    }
}
