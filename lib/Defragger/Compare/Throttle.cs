using Defragger.Gauges;

namespace Defragger.Compare;

/// <summary>What bounds the number of workers.</summary>
public enum HoldReason
{
    /// <summary>Nothing: the case started as soon as its turn came.</summary>
    None,

    /// <summary>As many workers as the throttle limit allows were running.</summary>
    ThrottleLimit,

    /// <summary>Used memory had reached a tier.</summary>
    MemoryTier,

    /// <summary>Used memory had reached the memory budget.</summary>
    MemoryBudget,

    /// <summary>Not enough was left beside what is set aside for the running cases.</summary>
    Reservation,

    /// <summary>The machine had less left than the case is expected to need.</summary>
    Available,

    /// <summary>Tasks stood still for memory (PSI).</summary>
    Pressure,

    /// <summary>Cases had been killed for memory; fewer run for a while.</summary>
    Ceiling,

    /// <summary>A case that had been passed over for too long was waited for.</summary>
    Starvation,
}

/// <summary>How many workers may run now, and what says so.</summary>
/// <param name="Limit">The most workers; at least 1.</param>
/// <param name="Reason">The bound that sets the limit.</param>
/// <param name="Level">Used memory, in bytes, from which that bound holds; 0 for the throttle limit.</param>
internal readonly record struct ThrottleDecision(int Limit, HoldReason Reason, long Level);

/// <summary>The policy that turns used memory into a number of workers. Pure: readings and time come in.</summary>
/// <remarks>
/// Always true:
/// 1. the limit is between 1 and the throttle limit: at least one case runs, whatever the memory;
/// 2. used memory at or above a tier's level never gets more than that tier's workers: down at once;
/// 3. up again when used memory is a margin (5 % of the capacity) below the level, so that the limit does not
///    flutter; or when it has stayed below the level for 30 s, so that memory which hovers just under a level cannot
///    hold the run for ever (a machine whose idle use lies inside the margin would otherwise never recover);
/// 4. from the same state, more used memory never gives more workers.
/// Update costs O(tiers).
/// </remarks>
internal sealed class Throttle
{
    /// <summary>Share of the capacity below a level at which the level is left at once.</summary>
    public const double Margin = 0.05;

    /// <summary>Time below a level after which it is left without the margin.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ThrottleDecision[] _steps; // [0]: no tier reached; levels rise and limits never do
    private readonly long _margin;
    private int _step;
    private TimeSpan? _belowSince;

    /// <summary>Makes the policy for one run.</summary>
    /// <param name="throttleLimit">The most workers; at least 1.</param>
    /// <param name="tiers">Any order.</param>
    /// <param name="budget">Used memory from which one worker is left, or null.</param>
    /// <param name="capacity">What shares are shares of, in bytes: the budget, or else the machine's memory.</param>
    public Throttle(int throttleLimit, IEnumerable<MemoryTier> tiers, long? budget, long capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(throttleLimit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        var steps = new List<ThrottleDecision> { new(throttleLimit, HoldReason.ThrottleLimit, 0) };
        IEnumerable<ThrottleDecision> bounds = tiers
            .Select(tier => new ThrottleDecision(tier.Workers, HoldReason.MemoryTier, tier.Level.In(capacity)))
            .Concat(budget is long most ? [new ThrottleDecision(1, HoldReason.MemoryBudget, most)] : [])
            .OrderBy(bound => bound.Level);
        // A tier that allows more than a lower one already does is no bound at all.
        foreach (ThrottleDecision bound in bounds)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(bound.Limit, 1, nameof(tiers));
            if (bound.Limit < steps[^1].Limit) steps.Add(bound);
        }
        _steps = [.. steps];
        _margin = (long)(capacity * Margin);
    }

    /// <summary>What holds now.</summary>
    public ThrottleDecision Current => _steps[_step];

    /// <summary>Takes a reading and gives what holds from now on.</summary>
    /// <param name="reading">Memory now.</param>
    /// <param name="now">Time on any clock that never goes back.</param>
    public ThrottleDecision Update(MemoryReading reading, TimeSpan now)
    {
        int reached = StepAt(reading.Used);
        int near = StepAt(reading.Used + _margin);
        if (reached >= _step) Enter(reached);
        else if (near < _step) Enter(near);
        else if (_belowSince is not TimeSpan since) _belowSince = now;
        else if (now - since >= Patience) Enter(reached);
        return Current;
    }

    private void Enter(int step)
    {
        _step = step;
        _belowSince = null;
    }

    private int StepAt(long used)
    {
        int step = 0;
        while (step + 1 < _steps.Length && used >= _steps[step + 1].Level) step++;
        return step;
    }
}
