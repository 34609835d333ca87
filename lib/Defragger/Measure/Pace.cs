namespace Defragger.Measure;

/// <summary>When something that costs processor time may be done again.</summary>
/// <remarks>
/// 1. Between two beginnings lies at least the interval.
/// 2. What was spent stays within a share of the time that has passed, apart from the last cost: who took long rests long.
/// Pure: the time and the costs are told.
/// </remarks>
/// <param name="interval">The shortest time from one beginning to the next.</param>
/// <param name="share">The share of one processor that may be spent, above 0 and at most 1.</param>
internal sealed class Pace(TimeSpan interval, double share)
{
    /// <summary>When it is due next; due at once in the beginning.</summary>
    public TimeSpan Next { get; private set; }

    /// <summary>Whether it is due.</summary>
    public bool IsDue(TimeSpan now) => now >= Next;

    /// <summary>It was done.</summary>
    /// <param name="began">When it began.</param>
    /// <param name="cost">The processor time that it took.</param>
    public void Done(TimeSpan began, TimeSpan cost)
    {
        // From the due time and not from the beginning, or a sample each 100 ms becomes one each 101; but nothing that
        // was missed is made up for.
        TimeSpan inStep = Next + interval > began ? Next + interval : began + interval;
        TimeSpan rested = began + (cost / share);
        Next = rested > inStep ? rested : inStep;
    }
}
