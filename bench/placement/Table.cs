namespace Defragger.Bench.Placement;

/// <summary>The outcomes of all policies on one trace, as text.</summary>
internal static class Table
{
    public static void Print(Steps steps, IEnumerable<Policy> policies)
    {
        Console.WriteLine($"  {"MiB",-22}{"peak",8}{"x live",8}{"end",9}{"x live",8}{"held",9}{"touched",9}{"ns",7}");
        foreach (Policy policy in policies)
        {
            Outcome outcome = Replay.Measure(steps, policy);
            Console.WriteLine(
                $"  {policy.Name,-22}{Mebibytes(outcome.PinnedPeak),8:f2}{Ratio(outcome.PinnedPeak, steps.LivePeak),8:f3}"
                + $"{Mebibytes(outcome.PinnedEnd),9:f2}{Ratio(outcome.PinnedEnd, steps.LiveEnd),8:f3}"
                + $"{Mebibytes(outcome.HeldEnd),9:f2}{Mebibytes(outcome.Touched),9:f2}{outcome.Nanoseconds,7:f0}");
        }
    }

    private static double Mebibytes(long pages) => pages * 4096 / 1048576.0;

    private static double Ratio(long pages, long bytes) => bytes == 0 ? 0 : pages * 4096.0 / bytes;
}
