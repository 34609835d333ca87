namespace Defragger.Bench;

/// <summary>What one run cost and printed.</summary>
/// <param name="Seconds">Processor time of the process and all that it started, in user mode and in the kernel.</param>
/// <param name="Values">The lines "KEY NUMBER" of its standard output.</param>
internal sealed record Outcome(double Seconds, IReadOnlyDictionary<string, long> Values);
