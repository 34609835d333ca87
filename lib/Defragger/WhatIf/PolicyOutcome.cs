namespace Defragger.WhatIf;

/// <summary>What a program would have held under one policy. Sizes are bytes.</summary>
/// <param name="Policy">FirstFit, BestFit, SizeClasses: as such heaps give back by themselves; with '+Purge', had every free
/// page been given back at once; Defragger: our placement, purged; with '+Merge' and a number, had pages without a common live
/// granule been merged too, at most so many on one.</param>
/// <param name="Peak">The most at any moment; with merging, of the moments that were looked at.</param>
/// <param name="Final">At the end of the trace.</param>
/// <param name="Mean">On average over the moments.</param>
/// <param name="OverLive">The average as a multiple of the live bytes' average; 0 when nothing lived.</param>
public sealed record PolicyOutcome(string Policy, long Peak, long Final, long Mean, double OverLive);

/// <summary>What one mechanism would save, on top of those before it. Sizes are bytes; below 0 it costs.</summary>
/// <param name="Mechanism">Purge, Placement, Merge2, Merge8 or Merge64. Each merging stands for itself on top of the other two.</param>
/// <param name="Peak">Of the peak.</param>
/// <param name="Final">Of what is held at the end.</param>
/// <param name="Mean">Of what is held on average.</param>
public sealed record MechanismSaving(string Mechanism, long Peak, long Final, long Mean);

/// <summary>What every policy held at a moment. Sizes are bytes; names as of <see cref="PolicyOutcome"/>.</summary>
/// <param name="Operations">Allocations, releases and resizes before it.</param>
/// <param name="Live">Bytes as they were asked for.</param>
/// <param name="Blocks">Live blocks.</param>
/// <param name="Held">By policy.</param>
public sealed record TraceMoment(long Operations, long Live, long Blocks, IReadOnlyDictionary<string, long> Held);
