namespace Defragger.Bench.Placement;

/// <summary>What a policy did with a trace. Amounts are in pages.</summary>
/// <param name="PinnedPeak">The most pages that had a live block at once.</param>
/// <param name="PinnedEnd">Pages with a live block at the end.</param>
/// <param name="HeldEnd">Pages at the end that could not be purged, as a block of theirs is live or in a cache.</param>
/// <param name="Touched">Pages up to the highest that was ever used.</param>
/// <param name="Nanoseconds">Processor time of a step.</param>
internal sealed record Outcome(long PinnedPeak, long PinnedEnd, long HeldEnd, long Touched, double Nanoseconds);

/// <summary>Sends the steps of a trace to a policy.</summary>
internal static class Replay
{
    private const int Rounds = 3;

    /// <summary>Once between meters, and some times alone for the time, of which the shortest counts.</summary>
    public static Outcome Measure(Steps steps, Policy policy)
    {
        (PageMeter live, PageMeter held) = policy.MakeMetered();
        Run(steps, live);
        double shortest = Enumerable.Range(0, Rounds).Min(_ => Time(steps, policy.Make()));
        return new Outcome(live.PinnedPeak, live.Pinned, held.Pinned, live.Touched, shortest);
    }

    /// <summary>Once, with each answer looked at.</summary>
    /// <exception cref="InvalidOperationException">Two blocks overlapped.</exception>
    public static void Check(Steps steps, Policy policy)
    {
        Run(steps, new PlacementCheck(policy.Make()));
        (PageMeter live, _) = policy.MakeMetered();
        Run(steps, live);
        if (live.PinnedPeak * 4096 < steps.LivePeak) throw new InvalidOperationException("Less was used than was live.");
    }

    private static double Time(Steps steps, IPlacement heap)
    {
        GC.Collect();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Run(steps, heap);
        return (Environment.CpuUsage.TotalTime - before).TotalNanoseconds / steps.All.Length;
    }

    private static void Run(Steps steps, IPlacement heap)
    {
        long[] starts = new long[steps.Slots];
        foreach ((int slot, int granules) in steps.All)
        {
            if (granules > 0) starts[slot] = heap.Allocate(granules);
            else heap.Release(starts[slot], -granules);
        }
    }
}
