using Defragger.Engines;
using Defragger.Gauges;

namespace Defragger.Compare;

/// <summary>All that a run takes from outside: processes, memory, pressure, time.</summary>
internal sealed record RunWorld(ICaseLauncher Launcher, IMemoryGauge Memory, IPressureGauge Pressure, TimeProvider Time);
