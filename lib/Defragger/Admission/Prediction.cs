namespace Defragger.Admission;

/// <summary>What a prediction was made from, from the least known to the best.</summary>
public enum PredictionSource
{
    /// <summary>Nothing is known: a share of the memory.</summary>
    Default,

    /// <summary>The median of what this run has seen so far.</summary>
    Run,

    /// <summary>The median of the cases in the same directory.</summary>
    Family,

    /// <summary>An earlier attempt ran out of memory: it needs more than it had then.</summary>
    LowerBound,

    /// <summary>What the same case needed before.</summary>
    History,
}

/// <summary>What a case is expected to need.</summary>
/// <param name="Peak">Its highest memory, in bytes.</param>
/// <param name="Duration">How long it runs.</param>
/// <param name="Source">What this was made from.</param>
internal readonly record struct Prediction(long Peak, TimeSpan Duration, PredictionSource Source);

/// <summary>What is known of a case from earlier runs; one row a case.</summary>
/// <param name="Case">The case's name.</param>
/// <param name="Peak">What to expect of it, in bytes; 0 when it never ended well.</param>
/// <param name="Duration">How long it is expected to run; zero when it never ended well.</param>
/// <param name="LowerBound">What it held when it last ran out of memory, in bytes; 0 when it has not since it last ended well.</param>
internal readonly record struct PeakRecord(string Case, long Peak, TimeSpan Duration, long LowerBound = 0);
