using System.Management.Automation;
using Defragger.Compare;
using Defragger.Engines;
using Defragger.Measure;
using Defragger.PowerShell.Parameters;
using Defragger.Preload;
using Defragger.Reports;
using Defragger.Traces;
using Defragger.WhatIf;

namespace Defragger.PowerShell.Commands;

/// <summary>Records what a program asks of its heap, or takes a recording, and tells what other policies would have held.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "DefragTrace", SupportsShouldProcess = true, DefaultParameterSetName = CommandSet, HelpUri = "")]
[OutputType(typeof(TraceMeasurement))]
public sealed class MeasureDefragTraceCommand : MeasureCommand
{
    private const string CommandSet = "Command", PathSet = "Path";

    /// <summary>The program to record and its arguments. No shell reads them.</summary>
    [Parameter(Position = 0, ValueFromRemainingArguments = true, ParameterSetName = CommandSet)]
    [ValidateNotNull]
    public string[] Command { get; set; } = [];

    /// <summary>Recordings, or texts of traces.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The program is a Python, and takes every object from the malloc.</summary>
    [Parameter(ParameterSetName = CommandSet)]
    public SwitchParameter Python { get; set; }

    /// <summary>Seconds after which the program is ended.</summary>
    [Parameter(ParameterSetName = CommandSet)]
    [ValidateRange(0.001, 2_000_000.0)]
    public double? TimeoutSeconds { get; set; }

    /// <summary>How many of the recorded processes are replayed, those that allocated most.</summary>
    [Parameter(ParameterSetName = CommandSet)]
    [ValidateRange(1, 10_000)]
    public int Top { get; set; } = 10;

    /// <summary>Processes with fewer operations are left out, unless none has as many.</summary>
    [Parameter(ParameterSetName = CommandSet)]
    [ValidateRange(0, long.MaxValue)]
    public long LeastOperations { get; set; } = 1000;

    /// <summary>The directory for the recordings and a graph of each.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutputDirectory { get; set; }

    /// <summary>Replaces recordings and graphs in the output directory.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Replays with the heap in C# too, and compares the figures.</summary>
    [Parameter]
    public SwitchParameter Verify { get; set; }

    private string? Output => OutputDirectory == null ? null : FullPath(OutputDirectory);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        CheckPlatform();
        if (ParameterSetName == PathSet) ReplayFiles();
        else RecordProgram();
    }

    private void ReplayFiles()
    {
        foreach (string path in Path)
        {
            string full = FullPath(path);
            if (Output is string output)
            {
                CheckOutput(output, TraceRecording.GraphName(full), !Force);
                if (!ShouldProcess($"'{output}'", $"Draw what '{full}' would have held")) continue;
            }
            using OutputFolder? folder = Open(Output);
            if (Replay(full, null, folder) is TraceMeasurement found) WriteObject(found);
        }
    }

    private void RecordProgram()
    {
        if (Command.Length == 0) Fail(ErrorKind.InvalidCommand, "There is no program to record. Give one with its arguments, or a recording with -Path.", null);
        ProcessSpec program = SpecOf(Command, TimeoutSeconds);
        CheckEarlierRecordings();
        if (ProgramImage.Refusal(program.Program) is string refusal)
            Fail(ErrorKind.ProgramNotPreloadable, $"'{program.Program}' cannot be recorded: {refusal}.", program.Program);
        string words = string.Join(' ', Command);
        if (!ShouldProcess($"'{words}'", "Start and record")) return;

        using OutputFolder? folder = Open(Output);
        string directory = folder?.FullPath ?? Directory.CreateTempSubdirectory("defrag-trace-").FullName;
        try
        {
            TraceRecording.Clear(directory); // -Force, or there are none
            MemoryMeasurement ran = Record(program, directory);
            Tell(ran);
            ReplayRecordings(directory, words, folder);
        }
        finally
        {
            if (folder == null) Directory.Delete(directory, recursive: true);
        }
    }

    private void CheckEarlierRecordings()
    {
        if (Output is not string output || Force || !Directory.Exists(output) || TraceRecording.In(output) is not [FileInfo earlier, ..]) return;
        Fail(ErrorKind.OutputExists, $"'{earlier.FullName}' is of an earlier recording. Replace it (-Force), or choose another -OutputDirectory.", output);
    }

    private MemoryMeasurement Record(ProcessSpec program, string directory)
    {
        if (CommandPath.Find("env", FullPath(".")) is not string env)
        {
            Fail(ErrorKind.CommandNotFound, "There is no program 'env' on the PATH; it sets what the recorder needs.", "env");
            throw new InvalidOperationException(); // not reached
        }
        try
        {
            ProcessSpec recorded = TraceRecording.Of(program, env, Tool("libdefragger.so"), directory, Python);
            return Watch("Recording", (options, stop) => MeasureRun.Program(recorded, Tool("defrag-launch"), options, stop), new MeasureOptions());
        }
        catch (FormatException e)
        {
            Fail(ErrorKind.InvalidCommand, $"The program cannot be recorded: {e.Message}.", program.Program, e);
            throw; // not reached
        }
    }

    private void Tell(MemoryMeasurement ran)
    {
        if (ran.TimedOut) WriteWarning($"'{Command[0]}' was ended after {TimeoutSeconds} s; what was recorded until then is replayed.");
        else if (ran.Signal is int signal) WriteWarning($"'{Command[0]}' was ended by {SignalName.Of(signal)}; what was recorded until then is replayed.");
        else if (ran.ExitCode is not (null or 0)) WriteWarning($"'{Command[0]}' ended with exit code {ran.ExitCode}: {LastLine(ran.ErrorOutput)}");
    }

    private void ReplayRecordings(string directory, string words, OutputFolder? folder)
    {
        IReadOnlyList<FileInfo> recordings = TraceRecording.In(directory);
        if (recordings.Count == 0)
        {
            Fail(ErrorKind.NothingRecorded,
                $"'{Command[0]}' left no recording: it is linked statically, or does not load libraries by LD_PRELOAD. Start-DefragProcess tells why.", Command[0]);
        }
        if (recordings.Count > Top) WriteWarning($"{recordings.Count - Top} of {recordings.Count} processes allocated less than the others and are not replayed. More of them with -Top.");
        List<TraceMeasurement> found = [.. recordings.Take(Top).Select(one => Replay(one.FullName, words, folder)).OfType<TraceMeasurement>()];
        found.Sort((one, other) => other.Operations.CompareTo(one.Operations));
        int count = Math.Max(1, found.Count(one => one.Operations >= LeastOperations));
        WriteObject(found.Take(count), enumerateCollection: true);
        if (count < found.Count) WriteVerbose($"{found.Count - count} processes with fewer than {LeastOperations} operations are left out.");
    }

    // Null: it cannot be read, and an error has told so.
    private TraceMeasurement? Replay(string path, string? words, OutputFolder? folder)
    {
        WriteProgress(new ProgressRecord(0, "Replaying", path));
        try
        {
            ReplayReport report = TraceReplay.Run(Tool("defrag-trace"), path, Stop);
            TraceMeasurement found = report.Measure(path, words);
            if (Verify) found = found with { IsVerified = IsSame(path, found, report) };
            if (folder == null) return found;
            string graph = System.IO.Path.Combine(folder.FullPath, TraceRecording.GraphName(path));
            TraceGraph.Draw(found, graph);
            return found with { GraphPath = graph };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidDataException)
        {
            WriteError(ErrorKind.TraceNotReadable.Record($"{e.Message.TrimEnd('.')}.", path, e));
            return null;
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            WriteProgress(new ProgressRecord(0, "Replaying", "done") { RecordType = ProgressRecordType.Completed });
        }
    }

    private bool IsSame(string path, TraceMeasurement found, ReplayReport report)
    {
        if (found.Operations > ReplayTwin.MostOperations)
            throw new FormatException($"'{path}' has {found.Operations} operations; -Verify holds all of them in memory and takes at most {ReplayTwin.MostOperations}");
        Trace trace = found.ProcessId != null ? RecordingReader.Read(path) : TraceFile.Read(path);
        if (ReplayTwin.Compare(trace, report, Stop) is not string difference) return true;
        WriteError(ErrorKind.ReplayDiffers.Record($"The heaps in C and in C# differ on '{path}': {difference}. Please report it, with the file.", path));
        return false;
    }

    private static string LastLine(string text) => text.TrimEnd().Split('\n')[^1];
}
