namespace Defragger.Simulation;

/// <summary>What others than the cases use: always something, and more in a wave.</summary>
/// <param name="Base">What is always used, in bytes.</param>
/// <param name="Wave">What is used besides in the second half of each period, in bytes.</param>
/// <param name="Period">The length of a period, in seconds; 0 for no wave.</param>
/// <param name="Edge">How long the wave takes to rise, in seconds. It falls at once.</param>
internal sealed record ForeignLoad(long Base, long Wave = 0, double Period = 0, double Edge = 0)
{
    /// <summary>What is used at a time, in bytes.</summary>
    public long At(double seconds)
    {
        if (Period <= 0) return Base;
        double into = (seconds % Period) - (Period / 2);
        return into < 0 ? Base : Base + (long)(Wave * (Edge > 0 ? Math.Min(1, into / Edge) : 1));
    }
}
