namespace Defragger.Admission;

/// <summary>Which case to end when memory runs out all the same. Pure.</summary>
/// <remarks>The one that most exceeds what was set aside for it: it is why memory runs out, and it is tried again with more.
/// When none does (another program took the memory), the one whose work is lost most cheaply: the least time run for each
/// byte that is needed and comes back.</remarks>
internal static class VictimChoice
{
    /// <summary>Chooses; null when there is nothing to choose from.</summary>
    /// <param name="running">The running cases.</param>
    /// <param name="needed">How much memory must come back, in bytes; above 0.</param>
    /// <param name="now">The time.</param>
    public static long? Of(IEnumerable<KeyValuePair<long, RunningCases.Running>> running, long needed, TimeSpan now)
    {
        (long Id, double Score)? best = null;
        foreach ((long id, RunningCases.Running one) in running)
        {
            if (one.Ending) continue;
            long excess = one.Held - one.Predicted;
            double work = Math.Max((now - one.Since).TotalSeconds, 0.001);
            double score = excess > 0 ? excess : -work / Math.Clamp(one.Held, 1, needed);
            if (best is not (long other, double most) || score > most || (score == most && id > other)) best = (id, score);
        }
        return best?.Id;
    }
}
