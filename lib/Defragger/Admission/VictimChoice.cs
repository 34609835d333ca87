namespace Defragger.Admission;

/// <summary>Which case to end when memory runs out all the same. Pure.</summary>
/// <remarks>First one that has clearly outgrown what was set aside for it: it is why memory runs out, and it is tried again
/// with more. When none has (another program took the memory), any. Among equals the one whose work is lost most cheaply:
/// the least time run for each byte that is needed and comes back. To end the one that exceeds most would lose more: that
/// is often the longest, hours into its work.</remarks>
internal static class VictimChoice
{
    /// <summary>A case that holds this many times what was set aside for it has outgrown it; less is noise.</summary>
    public const double Outgrown = 1.1;

    /// <summary>Chooses; null when there is nothing to choose from.</summary>
    /// <param name="running">The running cases.</param>
    /// <param name="needed">How much memory must come back, in bytes; above 0.</param>
    /// <param name="now">The time.</param>
    public static long? Of(IEnumerable<KeyValuePair<long, RunningCases.Running>> running, long needed, TimeSpan now)
    {
        (bool Outgrown, double Gain, long Id)? best = null;
        foreach ((long id, RunningCases.Running one) in running)
        {
            if (one.Ending) continue;
            double work = Math.Max((now - one.Since).TotalSeconds, 0.001);
            (bool, double, long) candidate = (one.Held > Outgrown * one.Predicted, Math.Min(one.Held, needed) / work, id);
            if (best == null || candidate.CompareTo(best.Value) > 0) best = candidate;
        }
        return best?.Id;
    }
}
