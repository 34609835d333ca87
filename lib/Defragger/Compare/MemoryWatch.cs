using Defragger.Engines;
using Defragger.Gauges;

namespace Defragger.Compare;

/// <summary>Reads the machine and the running cases so that the two readings fit together.</summary>
/// <remarks>
/// What is used and not held by a case is taken for other programs', and remembered for minutes. The launcher answers a moment
/// later, and a case may grow or end meanwhile; so the machine is read before and after, and the lower reading
/// counts: growth is not taken for another program, and neither is what an ended case has given back.
/// </remarks>
internal sealed class MemoryWatch(RunWorld world, Action<IReadOnlyList<CaseMemory>> answered)
{
    // A launcher that does not answer for half a second is short of processor time: then the machine alone must do.
    private const int MostLate = 5;

    private MemoryReading _before;
    private bool _asked;
    private int _late;

    /// <summary>The last reading.</summary>
    public MemoryReading Memory { get; private set; } = world.Memory.Read();

    /// <summary>The last reading of pressure, in percent.</summary>
    public double Pressure { get; private set; }

    /// <summary>Begins a reading. True when it is complete already; otherwise it will be with the launcher's answer.</summary>
    /// <param name="anyRunning">A case runs.</param>
    /// <exception cref="IOException">Memory cannot be read.</exception>
    public bool Begin(bool anyRunning)
    {
        Pressure = world.Pressure.Read();
        MemoryReading now = world.Memory.Read();
        if (_asked && ++_late < MostLate) return false;
        _late = 0;
        _before = now;
        if (_asked || !anyRunning)
        {
            Memory = now;
            return true;
        }
        _asked = true;
        world.Launcher.Measure(answered);
        return false;
    }

    /// <summary>The launcher has answered: the reading is complete.</summary>
    /// <exception cref="IOException">Memory cannot be read.</exception>
    public void Complete()
    {
        _asked = false;
        _late = 0;
        MemoryReading now = world.Memory.Read();
        Memory = now.Used <= _before.Used || now.Total != _before.Total ? now : _before;
    }
}
