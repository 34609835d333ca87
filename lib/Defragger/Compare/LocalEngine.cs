using Defragger.Engines;
using Defragger.Gauges;
using Defragger.History;

namespace Defragger.Compare;

/// <summary>This machine: its memory, its processes, its clock.</summary>
/// <param name="launcher">Path of the launcher.</param>
internal sealed class LocalEngine(string launcher) : ICaseEngine
{
    /// <inheritdoc/>
    public int DefaultLimit => Environment.ProcessorCount;

    /// <inheritdoc/>
    public CompareSummary Run(
        RunOptions options, CaseSource source, RunOutput output, PeakHistory? history, IRunListener listener, CancellationToken stop)
    {
        using var gauge = new LinuxMemoryGauge();
        using var pressure = new PressureGauge();
        using var kills = new OomKillCounter();
        using var cases = new NativeLauncher(launcher);
        long? before = kills.Read();
        var world = new RunWorld(cases, gauge, pressure, TimeProvider.System);
        CompareSummary summary = new CompareRun(options, source, world, output, history, listener).Run(stop);
        long others = kills.Read() - before - summary.KernelKills ?? 0;
        if (others > 0)
        {
            listener.Warned($"The kernel killed {others} more {(others == 1 ? "process" : "processes")} for want of memory while the run "
                + "went on: parts of cases that went on without them, or other programs.");
        }
        return summary;
    }
}
