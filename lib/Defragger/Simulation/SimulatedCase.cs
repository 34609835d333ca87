using Defragger.Admission;

namespace Defragger.Simulation;

/// <summary>A case of a trace: how long it runs, how its memory goes, and what a history says of it.</summary>
/// <remarks>Its memory rises evenly from nothing at <see cref="RampFrom"/> to <see cref="Peak"/> at <see cref="RampTo"/>
/// and stays there: what a process has touched it seldom gives back before it ends.</remarks>
/// <param name="Name">Its name; its directory is its family.</param>
/// <param name="Peak">Its highest memory, in bytes.</param>
/// <param name="Duration">How long it runs, in seconds; above 0.</param>
/// <param name="RampFrom">Where in its life its memory begins to rise; 0 to 1.</param>
/// <param name="RampTo">Where in its life its memory is at the peak; above <paramref name="RampFrom"/>, at most 1.</param>
/// <param name="History">What is known of it before the run; null when nothing is.</param>
internal sealed record SimulatedCase(
    string Name, long Peak, double Duration, double RampFrom, double RampTo, PeakRecord? History = null)
{
    /// <summary>What it holds after some seconds, in bytes.</summary>
    public long Held(double seconds) =>
        (long)(Peak * Math.Clamp(((seconds / Duration) - RampFrom) / (RampTo - RampFrom), 0, 1));

    /// <summary>Its memory over its time, in byte seconds.</summary>
    public double Area => Peak * Duration * (1 - ((RampFrom + RampTo) / 2));
}
