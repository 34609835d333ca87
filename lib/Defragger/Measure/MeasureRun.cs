using System.Diagnostics;
using System.Globalization;
using Defragger.Engines;

namespace Defragger.Measure;

/// <summary>How a measurement is made.</summary>
internal sealed record MeasureOptions
{
    /// <summary>The time from one sample to the next, at least.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Where the samples go as CSV; null for nowhere.</summary>
    public string? SamplesPath { get; init; }

    /// <summary>Told each sample, on the measuring thread.</summary>
    public Action<TreeSample> Show { get; init; } = _ => { };
}

/// <summary>A measurement from beginning to end: of a program that is started for it, or of a process that is there.</summary>
internal static class MeasureRun
{
    // launcher (the server) -> supervisor -> program
    private const int ProgramDepth = 2;

    /// <summary>Starts a program, measures it until it has ended, and all that it started with it.</summary>
    /// <param name="spec">The program.</param>
    /// <param name="launcherPath">The program defrag-launch.</param>
    /// <param name="options">How.</param>
    /// <param name="stop">Ends the program; the measurement until then is the result.</param>
    /// <exception cref="ProgramNotStartedException">It cannot be started.</exception>
    /// <exception cref="IOException">A file cannot be written, or the kernel's figures cannot be read.</exception>
    public static MemoryMeasurement Program(
        ProcessSpec spec, string launcherPath, MeasureOptions options, CancellationToken stop)
    {
        // In this order: what the launcher ends on its way out is still told.
        using var ended = new ManualResetEvent(false);
        using var launcher = new NativeLauncher(launcherPath);
        ProcessReport report = new();
        using var measuring = new Measuring(new ProcessTree(launcher.ProcessId, ProgramDepth), new SystemGauge(), options);
        launcher.Start(1, spec, (_, told) =>
        {
            report = told;
            ended.Set();
        });
        using CancellationTokenRegistration cancel = stop.Register(() => launcher.Cancel(1));
        while (!ended.WaitOne(measuring.UntilNext)) measuring.Sample();
        if (report.StartError is string reason) throw new ProgramNotStartedException(reason);

        MemoryMeasurement found = measuring.End(string.Join(' ', spec.Arguments.Prepend(spec.Program)));
        // A sample may miss the moment; what the kernel counted for one process does not.
        bool missed = report.PeakSource == PeakSource.Rusage && report.PeakMemory > found.PeakResident;
        return found with
        {
            Elapsed = report.Duration,
            ExitCode = report.ExitCode,
            Signal = report.Signal,
            TimedOut = report.TimedOut,
            PeakResident = missed ? report.PeakMemory : found.PeakResident,
            LargestProcess = report.PeakSource == PeakSource.Rusage ? report.PeakMemory : null,
            CpuTime = report.UserTime + report.SystemTime,
            Output = report.StandardOutput,
            ErrorOutput = report.StandardError,
        };
    }

    /// <summary>Measures a process that is there, until it has ended or the time is over.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="duration">How long at most; null for no limit.</param>
    /// <param name="options">How.</param>
    /// <param name="stop">Ends the measurement; what was found until then is the result.</param>
    /// <exception cref="ArgumentException">There is no such process.</exception>
    /// <exception cref="IOException">A file cannot be written, or the kernel's figures cannot be read.</exception>
    public static MemoryMeasurement Existing(int id, TimeSpan? duration, MeasureOptions options, CancellationToken stop)
    {
        string number = id.ToString(CultureInfo.InvariantCulture);
        using var measuring = new Measuring(new ProcessTree(id), new SystemGauge(number), options);
        measuring.Sample();
        if (!measuring.IsAlive) throw new ArgumentException($"There is no process {number}.", nameof(id));
        while (measuring.IsAlive && !(measuring.Now >= duration) && !stop.WaitHandle.WaitOne(measuring.UntilNext)) measuring.Sample();
        return measuring.End($"process {number}") with { Id = id, Elapsed = measuring.Now };
    }

    /// <summary>What an earlier measurement left in a file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is no file of samples.</exception>
    public static MemoryMeasurement Earlier(string path)
    {
        var series = new SampleSeries();
        foreach (TreeSample sample in SampleFile.Read(path)) series.Add(sample);
        return MemoryMeasurement.Of(path, series) with { SamplesPath = path };
    }

    /// <summary>A sampler with its clock, its series and its file.</summary>
    private sealed class Measuring : IDisposable
    {
        private readonly TreeSampler _sampler;
        private readonly MeasureOptions _options;
        private readonly SampleFile? _file;
        private readonly SampleSeries _series = new();
        private readonly DateTimeOffset _started;
        private readonly long _began;
        private readonly TimeSpan _cpu;

        public Measuring(ProcessTree tree, SystemGauge system, MeasureOptions options)
        {
            _options = options;
            _sampler = new TreeSampler(tree, system, options.Interval);
            _file = options.SamplesPath is string path ? SampleFile.Create(path) : null;
            WarmUp();
            _started = DateTimeOffset.Now;
            _began = Stopwatch.GetTimestamp();
            _cpu = ThreadClock.Now();
        }

        public TimeSpan Now => Stopwatch.GetElapsedTime(_began);

        public bool IsAlive => _sampler.IsAlive;

        public TimeSpan UntilNext => _sampler.Next > Now ? _sampler.Next - Now : TimeSpan.Zero;

        public void Sample()
        {
            if (_sampler.Take(Now) is not TreeSample sample) return;
            _series.Add(sample);
            _file?.Add(sample);
            _options.Show(sample);
        }

        public MemoryMeasurement End(string command)
        {
            _file?.Dispose();
            return MemoryMeasurement.Of(command, _series) with
            {
                Started = _started,
                MeasuringTime = ThreadClock.Now() - _cpu,
                SamplesPath = _options.SamplesPath,
            };
        }

        public void Dispose()
        {
            _file?.Dispose();
            _sampler.Dispose();
        }

        // The first sample also pays for compiling the code, 4 ms or so. Taken for the cost of a sample, that would hold up the
        // second one for a second.
        private static void WarmUp()
        {
            using var sampler = new TreeSampler(new ProcessTree(Environment.ProcessId), new SystemGauge(), TimeSpan.FromSeconds(1));
            sampler.Take(TimeSpan.Zero);
        }
    }
}

/// <summary>A program could not be started; the message says why.</summary>
internal sealed class ProgramNotStartedException(string message) : Exception(message);
