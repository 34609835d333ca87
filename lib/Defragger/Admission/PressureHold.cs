namespace Defragger.Admission;

/// <summary>Pressure stall information as a second brake, with hysteresis.</summary>
/// <remarks>Entered at 5 % of the last ten seconds in which all tasks stood still for memory; left at 1 %, or after half a minute
/// below the entry: a machine that hovers between the two would otherwise hold a run for ever.</remarks>
internal sealed class PressureHold
{
    public const double Enter = 5, Leave = 1;

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private TimeSpan? _belowSince;

    /// <summary>True while nothing more may start.</summary>
    public bool Holds { get; private set; }

    /// <summary>Takes a reading, in percent.</summary>
    public void Update(double pressure, TimeSpan now)
    {
        if (pressure >= Enter)
        {
            Holds = true;
            _belowSince = null;
        }
        else if (Holds)
        {
            _belowSince ??= now;
            Holds = pressure > Leave && now - _belowSince < Patience;
        }
    }
}
