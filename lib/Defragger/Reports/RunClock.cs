using Defragger.Compare;

namespace Defragger.Reports;

/// <summary>Where a moment of the clock lies in a run's own time: seconds of running, as its memory samples have them.</summary>
/// <remarks>A run that was gone on with has a gap in the clock and none in its own time; a clock that was set makes a part of its own too.</remarks>
internal sealed class RunClock
{
    private static readonly TimeSpan s_drift = TimeSpan.FromSeconds(1);

    private readonly List<(DateTimeOffset From, double Seconds)> _parts = [];

    /// <summary>Makes the clock of a run.</summary>
    /// <param name="started">When the run began: what there is where samples have no time.</param>
    /// <param name="samples">The run's samples in their order.</param>
    public RunClock(DateTimeOffset started, IEnumerable<MemorySample> samples)
    {
        foreach (MemorySample sample in samples)
        {
            if (sample.Time == default) continue;
            bool goesOn = _parts.Count > 0
                && (sample.Time - _parts[^1].From - TimeSpan.FromSeconds(sample.Seconds - _parts[^1].Seconds)).Duration() < s_drift;
            if (!goesOn) _parts.Add((sample.Time, sample.Seconds));
        }
        if (_parts.Count == 0) _parts.Add((started, 0));
    }

    /// <summary>Seconds of running at a moment; at least 0.</summary>
    public double At(DateTimeOffset moment)
    {
        int part = _parts.FindLastIndex(one => one.From <= moment);
        (DateTimeOffset from, double seconds) = _parts[Math.Max(0, part)];
        return Math.Max(0, seconds + (moment - from).TotalSeconds);
    }
}
