namespace Defragger.Cluster;

/// <summary>How much of what waits goes into one task. Pure.</summary>
/// <remarks>
/// A task costs the batch system about 0.12 s and the run up to a second until it starts, so it gets much work; but the last tasks of
/// a run should be short, or the cluster waits for one of them. So each gets a fixed share of what is left (factoring:
/// Hummel, Schonberg, Flynn, "Factoring: a method for scheduling parallel loops", 1992), within bounds.
/// Always true: each case is in one chunk; a chunk has at least one case; it is as long as it should be or the
/// last, but for one case that is longer by itself.
/// </remarks>
internal static class ChunkCut
{
    /// <summary>The shortest task worth its start, in predicted seconds.</summary>
    public const double Shortest = 10;

    /// <summary>The longest, in predicted seconds: what a lost node costs, and how long the first result may take.</summary>
    public const double Longest = 90;

    /// <summary>Cases in one task: its file is read and its results are taken over in one go.</summary>
    public const int MostCases = 2000;

    // A core gets its last half of the work in parts.
    private const double PartsPerCore = 2;

    /// <summary>How long the next chunk should be, in predicted seconds.</summary>
    /// <param name="left">Predicted seconds of all that waits.</param>
    /// <param name="cores">Cores that it is for.</param>
    public static double Target(double left, int cores) => Math.Clamp(left / (PartsPerCore * cores), Shortest, Longest);

    /// <summary>Cuts cases into chunks, in their order.</summary>
    /// <param name="seconds">Predicted seconds of each.</param>
    /// <param name="left">Predicted seconds of all that waits, these among them.</param>
    /// <param name="cores">Cores that it is for; at least 1.</param>
    /// <returns>How many cases each chunk has.</returns>
    public static IEnumerable<int> Cut(IReadOnlyList<double> seconds, double left, int cores)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cores, 1);
        double target = Target(left, cores), sum = 0;
        int count = 0;
        foreach (double one in seconds)
        {
            if (count > 0 && (sum + one > target || count == MostCases))
            {
                yield return count;
                left -= sum;
                target = Target(left, cores);
                (sum, count) = (0, 0);
            }
            sum += one;
            count++;
        }
        if (count > 0) yield return count;
    }
}
