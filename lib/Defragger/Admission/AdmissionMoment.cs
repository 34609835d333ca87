using Defragger.Compare;
using Defragger.Gauges;

namespace Defragger.Admission;

/// <summary>The world at one moment, as far as an admission asks for it.</summary>
/// <param name="Now">Time on any clock that never goes back.</param>
/// <param name="Memory">Memory of the machine or the tightest cgroup.</param>
/// <param name="Budget">The most memory, of all that is used, that the user lets the run plan with, in bytes; the memory's total when nothing was said.</param>
/// <param name="Pressure">PSI's "full avg10" of memory, in percent; 0 where the kernel has none.</param>
/// <param name="Cap">The most workers that the user's limit and tiers allow.</param>
internal readonly record struct AdmissionMoment(
    TimeSpan Now, MemoryReading Memory, long Budget, double Pressure, ThrottleDecision Cap);
