namespace Defragger.Bench.Placement;

/// <summary>Long runs, which are few, by length and then by address.</summary>
internal sealed class LargeRuns
{
    private static readonly Run s_longest = new(long.MaxValue, long.MaxValue);
    private readonly SortedSet<Run> _runs = new(Comparer<Run>.Create((a, b) =>
        a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.Start.CompareTo(b.Start)));

    public void Add(Run run) => _runs.Add(run);

    public void Remove(Run run) => _runs.Remove(run);

    /// <summary>The shortest run that is long enough, the lowest of equals; none when there is none.</summary>
    public Run BestFit(long length) => _runs.GetViewBetween(new Run(0, length), s_longest).Min;
}
