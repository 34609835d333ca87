using System.Management.Automation;
using Defragger.Compare;
using Defragger.Engines;
using Defragger.Measure;
using Defragger.PowerShell.Completers;
using Defragger.PowerShell.Parameters;
using Defragger.Reports;

namespace Defragger.PowerShell.Commands;

/// <summary>Measures the memory of a program, or of a process that is there, and of all that it started.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "DefragMemory", SupportsShouldProcess = true, DefaultParameterSetName = ProgramSet, HelpUri = "")]
[OutputType(typeof(MemoryMeasurement))]
public sealed class MeasureDefragMemoryCommand : MeasureCommand
{
    private const string ProgramSet = "Program", IdSet = "Id", PathSet = "Path";

    /// <summary>The program to start: a path, or a name that PATH knows.</summary>
    [Parameter(Position = 0, ParameterSetName = ProgramSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProgramCompleter))]
    public string? FilePath { get; set; }

    /// <summary>The program's arguments. No shell reads them.</summary>
    [Parameter(Position = 1, ValueFromRemainingArguments = true, ParameterSetName = ProgramSet)]
    [ValidateNotNull]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>The number of a process that is there.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet)]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    public int Id { get; set; }

    /// <summary>A memory.csv that an earlier measurement wrote.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Seconds after which a process that is there is no longer measured.</summary>
    [Parameter(ParameterSetName = IdSet)]
    [ValidateRange(0.001, 2_000_000.0)]
    [PSDefaultValue(Help = "until it ends")]
    public double? DurationSeconds { get; set; }

    /// <summary>Seconds after which the program is ended.</summary>
    [Parameter(ParameterSetName = ProgramSet)]
    [ValidateRange(0.001, 2_000_000.0)]
    public double? TimeoutSeconds { get; set; }

    /// <summary>Milliseconds from one sample to the next, at least.</summary>
    [Parameter(ParameterSetName = ProgramSet)]
    [Parameter(ParameterSetName = IdSet)]
    [ValidateRange(10, 3_600_000)]
    public int IntervalMilliseconds { get; set; } = 100;

    /// <summary>The directory for the samples (memory.csv) and the graph (memory.svg).</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutputDirectory { get; set; }

    /// <summary>Replaces the samples of an earlier measurement in the output directory.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        CheckPlatform();
        string? output = OutputDirectory == null ? null : FullPath(OutputDirectory);
        CheckOutput(output, "memory.csv", ParameterSetName != PathSet && !Force);
        switch (ParameterSetName)
        {
            case IdSet: MeasureProcess(output); break;
            case PathSet: ReadEarlier(output); break;
            default: MeasureProgram(output); break;
        }
    }

    private void MeasureProgram(string? output)
    {
        // Behind '--' all words are arguments, the program's name too.
        string[] words = FilePath == null ? ArgumentList : [FilePath, .. ArgumentList];
        if (words.Length == 0) Fail(ErrorKind.InvalidCommand, "There is no program to measure. Give one with its arguments, or -Id or -Path.", null);
        ProcessSpec spec = SpecOf(words, TimeoutSeconds);
        if (!ShouldProcess($"'{string.Join(' ', words)}'", "Start and measure")) return;
        MemoryMeasurement found = Measure(output, (options, stop) => MeasureRun.Program(spec, Tool("defrag-launch"), options, stop));
        Finish(found, output);
        if (found.TimedOut) WriteWarning($"'{words[0]}' was ended after {TimeoutSeconds} s; what was measured until then is the result.");
        else if (found.Signal is int signal) WriteWarning($"'{words[0]}' was ended by {SignalName.Of(signal)}.");
        else if (found.ExitCode is not (null or 0)) WriteWarning($"'{words[0]}' ended with exit code {found.ExitCode}.");
    }

    private void MeasureProcess(string? output)
    {
        if (!ShouldProcess($"process {Id}", "Measure")) return;
        TimeSpan? duration = DurationSeconds is double seconds ? TimeSpan.FromSeconds(seconds) : null;
        Finish(Measure(output, (options, stop) => MeasureRun.Existing(Id, duration, options, stop)), output);
    }

    private void ReadEarlier(string? output)
    {
        string path = FullPath(Path);
        MemoryMeasurement found;
        try
        {
            found = MeasureRun.Earlier(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            WriteError(ErrorKind.SamplesNotReadable.Record($"{e.Message.TrimEnd('.')}.", path, e));
            return;
        }
        if (output != null && !ShouldProcess($"'{output}'", $"Draw the samples of '{path}'")) return;
        Finish(found, output);
    }

    private MemoryMeasurement Measure(string? output, Func<MeasureOptions, CancellationToken, MemoryMeasurement> run)
    {
        using OutputFolder? folder = Open(output);
        return Watch("Measuring memory", run, new MeasureOptions
        {
            Interval = TimeSpan.FromMilliseconds(IntervalMilliseconds),
            SamplesPath = folder?.MemorySamples,
        });
    }

    private void Finish(MemoryMeasurement found, string? output)
    {
        if (output != null)
        {
            using OutputFolder? folder = Open(output);
            MeasureGraph.Draw(found, folder!.MemoryGraph);
            found = found with { GraphPath = folder.MemoryGraph };
        }
        WriteObject(found);
    }
}
