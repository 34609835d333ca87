using System.Management.Automation;
using Defragger.Compare;
using Defragger.Engines;
using Defragger.Measure;
using Defragger.Measure.Python;
using Defragger.PowerShell.Completers;
using Defragger.Reports;

namespace Defragger.PowerShell.Commands;

/// <summary>Measures a Python script's memory from within and without, and tells why it holds what it holds.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "DefragPython", SupportsShouldProcess = true, HelpUri = "")]
[OutputType(typeof(PythonMeasurement))]
public sealed class MeasureDefragPythonCommand : MeasureCommand
{
    /// <summary>The script.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Script { get; set; }

    /// <summary>The script's arguments. No shell reads them.</summary>
    [Parameter(Position = 1, ValueFromRemainingArguments = true)]
    [ValidateNotNull]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>The Python: a path, or a name that PATH knows.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PythonCompleter))]
    public string Python { get; set; } = "python3";

    /// <summary>Seconds after which the script is ended.</summary>
    [Parameter]
    [ValidateRange(0.001, 2_000_000.0)]
    public double? TimeoutSeconds { get; set; }

    /// <summary>The directory for the samples from without (memory.csv) and the graph (memory.svg).</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutputDirectory { get; set; }

    /// <summary>Replaces the samples of an earlier measurement in the output directory.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        CheckPlatform();
        string? output = OutputDirectory == null ? null : FullPath(OutputDirectory);
        CheckOutput(output, "memory.csv", !Force);
        // Behind '--' all words are arguments, the script's name too.
        string[] words = Script == null ? ArgumentList : [Script, .. ArgumentList];
        if (words.Length == 0) Fail(ErrorKind.InvalidCommand, "There is no script to measure. Give a Python script and its arguments.", null);
        string script = FullPath(words[0]);
        if (!File.Exists(script))
            Fail(ErrorKind.CommandNotFound, $"There is no script '{script}'. Give the path of a file; modules (-m) and -c are not measured.", words[0]);
        ProcessSpec python = SpecOf([Python], TimeoutSeconds);
        if (!ShouldProcess($"'{string.Join(' ', words)}' with '{Python}'", "Run and measure")) return;

        PythonMeasurement found = Measure(python, words, output);
        WriteObject(found);
        if (found.Memory.TimedOut) WriteWarning($"'{words[0]}' was ended after {TimeoutSeconds} s: what only its end tells is missing.");
        else if (found.Memory.Signal is int signal) WriteWarning($"'{words[0]}' was ended by {SignalName.Of(signal)}: what only its end tells is missing.");
        else if (found.Memory.ExitCode is not (null or 0)) WriteWarning($"'{words[0]}' ended with exit code {found.Memory.ExitCode}.");
    }

    private PythonMeasurement Measure(ProcessSpec python, string[] words, string? output)
    {
        using OutputFolder? folder = Open(output);
        PythonMeasurement found = Watch("Measuring Python",
            (options, stop) => PythonRun.Run(python, words, Tool("defrag-launch"), options, stop),
            new MeasureOptions { SamplesPath = folder?.MemorySamples });
        if (folder == null) return found;
        MeasureGraph.Draw(found.Memory, folder.MemoryGraph);
        return found with { Memory = found.Memory with { GraphPath = folder.MemoryGraph } };
    }
}
