namespace Defragger.WhatIf;

/// <summary>What a program asked of its heap, and what it would have held under several policies. Sizes are bytes.</summary>
public sealed record TraceMeasurement
{
    /// <summary>The recording or trace.</summary>
    public required string Path { get; init; }

    /// <summary>The program that was recorded; null for a file that was there.</summary>
    public string? Command { get; init; }

    /// <summary>The number of the recorded process; null for a trace's text.</summary>
    public long? ProcessId { get; init; }

    /// <summary>Threads that allocated; null for a trace's text.</summary>
    public int? Threads { get; init; }

    /// <summary>The recording ends within a piece: its process was killed, or its disk was full.</summary>
    public bool WasCut { get; init; }

    /// <summary>Allocations, releases and resizes.</summary>
    public long Operations { get; init; }

    /// <summary>The most blocks at once.</summary>
    public long PeakBlocks { get; init; }

    /// <summary>Blocks that were never released.</summary>
    public long FinalBlocks { get; init; }

    /// <summary>The most bytes that were live at once, as they were asked for.</summary>
    public long PeakLive { get; init; }

    /// <summary>Live bytes at the end.</summary>
    public long FinalLive { get; init; }

    /// <summary>Live bytes on average over the moments.</summary>
    public long MeanLive { get; init; }

    /// <summary>Every policy's figures.</summary>
    public required IReadOnlyList<PolicyOutcome> Policies { get; init; }

    /// <summary>What each mechanism would save.</summary>
    public required IReadOnlyList<MechanismSaving> Savings { get; init; }

    /// <summary>The mechanism that saves most; null when none is worth it.</summary>
    public string? Mechanism { get; init; }

    /// <summary>Whether to bother.</summary>
    public bool IsWorthwhile => Mechanism != null;

    /// <summary>Why, in words.</summary>
    public required string Verdict { get; init; }

    /// <summary>Figures over the run, at moments equally far from each other; 64 to 128 of a long trace.</summary>
    public required IReadOnlyList<TraceMoment> Moments { get; init; }

    /// <summary>Processor time of the replay.</summary>
    public TimeSpan ReplayTime { get; init; }

    /// <summary>The heap in C# gave the same figures as the one in C; null when it was not asked.</summary>
    public bool? IsVerified { get; init; }

    /// <summary>The graph; null when none was drawn.</summary>
    public string? GraphPath { get; init; }
}
