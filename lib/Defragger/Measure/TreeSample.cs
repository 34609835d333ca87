namespace Defragger.Measure;

/// <summary>What a process and all that it started occupied at one moment. Sizes are bytes.</summary>
/// <param name="Seconds">Since the measurement began.</param>
/// <param name="Processes">How many processes there were.</param>
/// <param name="Resident">Their resident memory, added up: pages that they share count in each.</param>
/// <param name="Anonymous">The part of it that no file is behind: heaps and stacks.</param>
/// <param name="Proportional">Their proportional memory (Pss), added up: a page that n processes share counts a n-th in
/// each. Null in most samples, for it is costly to have, and in all where the kernel does not let us see it.</param>
/// <param name="Cgroup">What the cgroup uses that the measured process is in, without page cache that can be dropped; null where there
/// is no memory controller.</param>
/// <param name="Available">What a new process could still take on this machine, or in the tightest cgroup.</param>
/// <param name="Stalled">Percent of the time since the sample before in which some process of the machine waited for memory
/// (pressure stall information); null where the kernel does not count it.</param>
public sealed record TreeSample(
    double Seconds, int Processes, long Resident, long Anonymous, long? Proportional, long? Cgroup, long Available, double? Stalled);
