namespace Defragger.Admission;

/// <summary>How many workers may run after cases were killed for memory: fewer at once, more step by step.</summary>
/// <remarks>Additive increase, multiplicative decrease: <see cref="Most"/> kills within <see cref="Window"/> halve the ceiling,
/// each quiet <see cref="Quiet"/> gives one worker back. Without it a run whose predictions are all wrong kills, retries and
/// kills again, and completes nothing.</remarks>
internal sealed class KillBudget
{
    public const int Most = 3;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(60), Quiet = TimeSpan.FromSeconds(30);

    private readonly Queue<TimeSpan> _kills = [];
    private int? _ceiling;
    private TimeSpan _lastChange;

    /// <summary>How often the ceiling has moved.</summary>
    public int Changes { get; private set; }

    /// <summary>The most workers now.</summary>
    /// <param name="cap">What is allowed without any kill; at least 1.</param>
    /// <param name="now">The time.</param>
    public int Ceiling(int cap, TimeSpan now)
    {
        while (_ceiling is int ceiling && now - _lastChange >= Quiet)
        {
            _lastChange += Quiet;
            _ceiling = ceiling + 1 < cap ? ceiling + 1 : null;
            Changes++;
        }
        return Math.Min(_ceiling ?? cap, cap);
    }

    /// <summary>A case was killed for memory, by the kernel or by us.</summary>
    /// <param name="running">How many ran then.</param>
    /// <param name="now">The time.</param>
    public void Killed(int running, TimeSpan now)
    {
        while (_kills.TryPeek(out TimeSpan oldest) && now - oldest > Window) _kills.Dequeue();
        _kills.Enqueue(now);
        if (_ceiling != null) _lastChange = now;
        if (_kills.Count < Most) return;
        _kills.Clear();
        _ceiling = Math.Max(1, running / 2);
        _lastChange = now;
        Changes++;
    }
}
