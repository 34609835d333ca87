namespace Defragger.Measure;

/// <summary>What a program and all that it started occupied over a run. Sizes are bytes.</summary>
public sealed record MemoryMeasurement
{
    /// <summary>The program with its arguments, the process, or the file that the samples came from.</summary>
    public required string Command { get; init; }

    /// <summary>The number of the measured process; null for a program that was started here, and for samples from a file.</summary>
    public int? Id { get; init; }

    /// <summary>When measuring began; null for samples from a file.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>How long it was measured.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The program's exit code; null when a signal ended it, and for what was not started here.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended the program, or null.</summary>
    public int? Signal { get; init; }

    /// <summary>The time limit ended the program.</summary>
    public bool TimedOut { get; init; }

    /// <summary>The most resident memory of all processes together: of the samples, or <see cref="LargestProcess"/> where
    /// that is more.</summary>
    public long PeakResident { get; init; }

    /// <summary>When that was, in seconds.</summary>
    public double PeakSeconds { get; init; }

    /// <summary>The most proportional memory of a sample that has it; null when none has.</summary>
    public long? PeakProportional { get; init; }

    /// <summary>Resident memory in the last sample: what was still held at the end.</summary>
    public long FinalResident { get; init; }

    /// <summary>Proportional memory in the last sample that has it.</summary>
    public long? FinalProportional { get; init; }

    /// <summary>The most that one process held, as the kernel counted it without a gap; null for what was not started here.</summary>
    public long? LargestProcess { get; init; }

    /// <summary>The most processes at once.</summary>
    public int PeakProcesses { get; init; }

    /// <summary>The least that was available on the machine or in the tightest cgroup; null without a sample.</summary>
    public long? LeastAvailable { get; init; }

    /// <summary>Time in which some process of the machine waited for memory; null where the kernel does not count it.</summary>
    public TimeSpan? Stalled { get; init; }

    /// <summary>Processor time of the program and what it waited for; null for what was not started here.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>Processor time that measuring took; null for samples from a file.</summary>
    public TimeSpan? MeasuringTime { get; init; }

    /// <summary>How many samples were taken.</summary>
    public long SampleCount { get; init; }

    /// <summary>The samples: all of them, or of a long run some thousand with every peak.</summary>
    public IReadOnlyList<TreeSample> Samples { get; init; } = [];

    /// <summary>The file of the samples; null when none was written.</summary>
    public string? SamplesPath { get; init; }

    /// <summary>The graph; null when none was drawn.</summary>
    public string? GraphPath { get; init; }

    /// <summary>What the program wrote to standard output, the first and the last 32 KiB of it.</summary>
    public string Output { get; init; } = "";

    /// <summary>What the program wrote to standard error, the first and the last 32 KiB of it.</summary>
    public string ErrorOutput { get; init; } = "";

    /// <summary>What follows from the samples alone.</summary>
    internal static MemoryMeasurement Of(string command, SampleSeries series)
    {
        IReadOnlyList<TreeSample> samples = series.Samples;
        TreeSample? last = samples.Count > 0 ? samples[^1] : null;
        return new()
        {
            Command = command,
            Elapsed = TimeSpan.FromSeconds(last?.Seconds ?? 0),
            PeakResident = series.Peak?.Resident ?? 0,
            PeakSeconds = series.Peak?.Seconds ?? 0,
            PeakProportional = series.ProportionalPeak?.Proportional,
            FinalResident = last?.Resident ?? 0,
            FinalProportional = samples.LastOrDefault(sample => sample.Proportional != null)?.Proportional,
            PeakProcesses = series.MostProcesses,
            LeastAvailable = series.LeastAvailable,
            Stalled = series.Stalled,
            SampleCount = series.Taken,
            Samples = samples,
        };
    }
}
