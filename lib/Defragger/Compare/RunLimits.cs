namespace Defragger.Compare;

/// <summary>What can be changed while a run goes on, and what follows from it for a machine.</summary>
/// <param name="ThrottleLimit">The most workers; at least 1.</param>
/// <param name="Budget">Used memory to stay within, or null for all there is.</param>
internal readonly record struct RunLimits(int ThrottleLimit, MemorySize? Budget)
{
    /// <summary>The budget in bytes on a machine that has <paramref name="total"/>, or null.</summary>
    public long? BudgetIn(long total) => Budget?.In(total);

    /// <summary>What shares are shares of.</summary>
    public long CapacityIn(long total) => BudgetIn(total) ?? total;
}
