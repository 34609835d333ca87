using Defragger.Admission;

namespace Defragger.Compare;

/// <summary>The user's bounds on a run: limit, tiers and budget, as they are now. They may be changed while the run goes on.</summary>
internal sealed class RunThrottle
{
    private readonly RunOptions _options;
    private readonly ControlFile _control;
    private readonly IRunListener _listener;
    private RunLimits _limits;
    private Throttle _throttle;
    private long _total;
    private int _workers;

    /// <param name="options">How the run goes.</param>
    /// <param name="total">The memory there is to share, in bytes.</param>
    /// <param name="control">Where changes are asked for.</param>
    /// <param name="listener">Told of each change.</param>
    public RunThrottle(RunOptions options, long total, ControlFile control, IRunListener listener)
    {
        (_options, _total, _control, _listener) = (options, total, control, listener);
        _limits = new RunLimits(options.ThrottleLimit, options.Budget);
        _throttle = Make();
        _workers = _throttle.Current.Limit;
    }

    /// <summary>The budget, or all the memory there is, in bytes.</summary>
    public long Capacity => _limits.CapacityIn(_total);

    /// <summary>Takes a reading, and gives the bounds that hold from now on.</summary>
    public AdmissionMoment Update(MemoryWatch memory, TimeSpan now)
    {
        // The limit of a cgroup may be changed from outside while the run goes on.
        bool changed = ReadControl() || memory.Memory.Total != _total;
        _total = memory.Memory.Total;
        if (changed) _throttle = Make();
        ThrottleDecision cap = _throttle.Update(memory.Memory, now);
        if (cap.Limit != _workers)
        {
            _listener.Decided(
                $"{_workers} -> {cap.Limit} workers: {MemorySize.Format(memory.Memory.Used)} of {MemorySize.Format(Capacity)} used, "
                + (cap.Reason == HoldReason.ThrottleLimit ? "no tier reached" : $"{cap.Reason} at {MemorySize.Format(cap.Level)}"));
        }
        _workers = cap.Limit;
        return new AdmissionMoment(now, memory.Memory, Math.Min(Capacity, _total), memory.Pressure, cap);
    }

    private Throttle Make() => new(
        _limits.ThrottleLimit,
        _options.Tiers ?? (_options.Throttle == ThrottlePolicy.Tiers ? MemoryTier.Default(_limits.ThrottleLimit) : []),
        _limits.BudgetIn(_total), Capacity);

    private bool ReadControl()
    {
        try
        {
            if (_control.Changed() is not RunChange change) return false;
            _limits = change.ApplyTo(_limits);
            _listener.Decided($"changed while running: at most {_limits.ThrottleLimit} at a time, within {MemorySize.Format(Capacity)}");
            return true;
        }
        catch (FormatException e)
        {
            _listener.Warned($"The control file '{_control.Path}' is not followed: {e.Message.TrimEnd('.')}. The limits stay as they are.");
            return false;
        }
    }
}
