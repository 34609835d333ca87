namespace Defragger.Measure.Python;

/// <summary>What a Python program's memory did over a run, and why.</summary>
public sealed record PythonMeasurement
{
    /// <summary>The script with its arguments.</summary>
    public required string Command { get; init; }

    /// <summary>Python's version.</summary>
    public string? Python { get; init; }

    /// <summary>What serves its objects: pymalloc, malloc, defragger (built in) or defragger preloaded.</summary>
    public string? Allocator { get; init; }

    /// <summary>The verdict.</summary>
    public required PythonVerdict Verdict { get; init; }

    /// <summary>Its cause.</summary>
    public MemoryCause Cause => Verdict.Cause;

    /// <summary>The most live bytes that a sample saw; null where the allocator does not tell.</summary>
    public long? PeakLive { get; init; }

    /// <summary>Live bytes at the end; null where the allocator does not tell.</summary>
    public long? FinalLive { get; init; }

    /// <summary>Runs of the garbage collector.</summary>
    public long Collections { get; init; }

    /// <summary>Objects that it found in cycles during the run.</summary>
    public long Collected { get; init; }

    /// <summary>Objects that it could not release.</summary>
    public long Uncollectable { get; init; }

    /// <summary>Types of which there were more objects at the last census than at the start, the most first, ten of them.</summary>
    public IReadOnlyList<TypeAmount> Growth { get; init; } = [];

    /// <summary>The largest object that was seen, such as "dict of 1,048,576: 40 MB"; null when none held a tenth of what lived.</summary>
    public string? Largest { get; init; }

    /// <summary>What the program told over the run.</summary>
    public IReadOnlyList<PythonSample> Samples { get; init; } = [];

    /// <summary>What the kernel told of it and of all that it started.</summary>
    public required MemoryMeasurement Memory { get; init; }
}
