namespace Defragger.Simulation;

/// <summary>A machine and the work that is to be done on it.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Cores">How many cases can run at once; at least 1.</param>
/// <param name="Memory">The machine's memory, in bytes.</param>
/// <param name="Cases">The work, in the order in which it comes.</param>
/// <param name="Foreign">What others use.</param>
internal sealed record SimulatedTrace(
    string Name, int Cores, long Memory, IReadOnlyList<SimulatedCase> Cases, ForeignLoad Foreign)
{
    /// <summary>No policy can be done sooner, in seconds: the cores' work, memory over time, and the longest case.</summary>
    /// <remarks>Memory over time counts what the cases really hold at each moment, which no policy knows beforehand.</remarks>
    public double LowerBound => Math.Max(Math.Max(CoreBound, MemoryBound), Cases.Max(one => one.Duration));

    /// <summary>All work, spread over the cores, in seconds.</summary>
    public double CoreBound => Cases.Sum(one => one.Duration) / Cores;

    /// <summary>The time in which what others leave of the memory holds all that the cases hold, in seconds.</summary>
    public double MemoryBound
    {
        get
        {
            double area = Cases.Sum(one => one.Area);
            double free = Memory - Foreign.Base;
            if (Foreign.Period <= 0) return area / free;
            // Whole periods, and what is left of the area in the half period without a wave: a little too short, never too long.
            double risen = (Foreign.Period / 2) - (Foreign.Edge / 2);
            double perPeriod = (free * Foreign.Period) - (Foreign.Wave * risen);
            double periods = Math.Floor(area / perPeriod);
            return (periods * Foreign.Period) + ((area - (periods * perPeriod)) / free);
        }
    }
}
