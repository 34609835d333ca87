using Defragger.Compare;

namespace Defragger.WhatIf;

/// <summary>Whether it is worth while to change how a program's memory is managed, and by which mechanism.</summary>
/// <remarks>
/// <para>Measured against best fit that gives back only its top, as the C library's malloc does. Purge is what giving back
/// its free pages would save; placement what our heap saves on top (no headers, neighbours together); merging what it saves on
/// top of that.</para>
/// <para>Averages over the run decide, since the last moment is often the program tidying up. Less than
/// <see cref="Least"/> or a tenth is not worth a change.</para>
/// </remarks>
internal static class WhatIfVerdict
{
    /// <summary>Bytes below which nothing is worth while.</summary>
    public const long Least = 4 << 20;

    private const double LeastShare = 0.1;

    /// <summary>What each mechanism saves.</summary>
    public static IReadOnlyList<MechanismSaving> Savings(IReadOnlyList<PolicyOutcome> policies)
    {
        PolicyOutcome Of(string name) => policies.Single(one => one.Policy == name);
        PolicyOutcome kept = Of(PolicyName.BestFit), purged = Of(PolicyName.BestFit + PolicyName.Purge), ours = Of(PolicyName.Defragger);
        return
        [
            Between("Purge", kept, purged), Between("Placement", purged, ours),
            Between("Merge2", ours, Of(PolicyName.Merged(2))), Between("Merge8", ours, Of(PolicyName.Merged(8))),
            Between("Merge64", ours, Of(PolicyName.Merged(64))),
        ];
    }

    /// <summary>The measurement with its verdict.</summary>
    public static TraceMeasurement Judge(TraceMeasurement found)
    {
        PolicyOutcome kept = found.Policies.Single(one => one.Policy == PolicyName.BestFit);
        PolicyOutcome ours = found.Policies.Single(one => one.Policy == PolicyName.Defragger);
        MechanismSaving Of(string name) => found.Savings.Single(one => one.Mechanism == name);
        MechanismSaving merge = Of("Merge8");
        bool heapPays = IsWorth(kept.Mean - ours.Mean, kept.Mean), mergePays = IsWorth(merge.Mean, ours.Mean);
        string basis = $"On average {Text(found.MeanLive)} are live, and best fit that gives back only its top holds {Text(kept.Mean)}.";
        string peak = $" The peak: {Text(kept.Peak)} and {Text(ours.Peak)}.";
        if (!heapPays && !mergePays)
        {
            return found with { Verdict = $"Do not bother. {basis} Our heap would hold {Text(ours.Mean)}, with pages merged {Text(ours.Mean - merge.Mean)}.{peak}" };
        }
        string gains = $" Giving back free pages {Changes(Of("Purge").Mean)}, placement {Changes(Of("Placement").Mean)}: our heap would hold {Text(ours.Mean)}.";
        string merged = mergePays ? $" Merging up to 8 pages would save another {Text(merge.Mean)}." : $" Merging pages is not worth it ({Text(merge.Mean)}).";
        string best = !heapPays ? "Merge" : found.Savings.Take(2).MaxBy(one => one.Mean)!.Mechanism;
        if (mergePays && merge.Mean > kept.Mean - ours.Mean) best = "Merge";
        return found with { Mechanism = best, Verdict = $"Worth it: {best.ToLowerInvariant()} first. {basis}{gains}{merged}{peak}" };
    }

    private static MechanismSaving Between(string name, PolicyOutcome from, PolicyOutcome to) =>
        new(name, from.Peak - to.Peak, from.Final - to.Final, from.Mean - to.Mean);

    private static bool IsWorth(long saved, long of) => saved >= Least && saved >= of * LeastShare;

    private static string Changes(long saved) => saved < 0 ? $"costs {Text(-saved)}" : $"saves {Text(saved)}";

    private static string Text(long bytes) => MemorySize.Format(bytes);
}
