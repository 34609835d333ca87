namespace Defragger.Comparers.Matching;

/// <summary>Takes away, of findings sorted by key, those that have an equal one in the other log.</summary>
/// <remarks>
/// The k-th of a key in the baseline is paired with the k-th in the candidate, as if both had waited in memory.
/// Memory: at most <see cref="MostHeld"/> findings of one key, 12 MiB; of more equal ones only the number is known, and they are
/// told where the last one stands.
/// </remarks>
internal static class EqualPass
{
    private const int MostHeld = 1 << 16;

    /// <summary>The findings that are left over, each key's baseline before its candidate.</summary>
    /// <param name="sorted">The findings of both logs.</param>
    /// <param name="equal">Told the numbers of two that are equal.</param>
    /// <param name="mostHeld">Findings of one key that are held.</param>
    public static IEnumerable<StoredFinding> Run(
        IEnumerable<StoredFinding> sorted, Action<long, long> equal, int mostHeld = MostHeld)
    {
        Queue<StoredFinding> held = new(); // the baseline's, of the key at hand
        StoredFinding last = default;
        long more = 0;
        foreach (StoredFinding finding in sorted)
        {
            if (finding.Key != last.Key)
            {
                while (held.TryDequeue(out StoredFinding alone))
                    yield return alone;
                for (; more > 0; more--)
                    yield return last;
            }

            if (finding.Side == Side.Candidate && held.TryDequeue(out StoredFinding partner))
            {
                equal(partner.Number, finding.Number);
            }
            else if (finding.Side == Side.Candidate && more > 0)
            {
                more--;
                equal(last.Number, finding.Number);
            }
            else if (finding.Side == Side.Candidate)
            {
                yield return finding;
            }
            else if (held.Count < mostHeld)
            {
                held.Enqueue(finding);
            }
            else
            {
                more++;
            }

            if (finding.Side == Side.Baseline || finding.Key != last.Key)
                last = finding;
        }

        while (held.TryDequeue(out StoredFinding alone))
            yield return alone;
        for (; more > 0; more--)
            yield return last;
    }
}
