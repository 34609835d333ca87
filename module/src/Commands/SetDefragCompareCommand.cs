using System.Management.Automation;
using Defragger.Compare;
using Defragger.PowerShell.Completers;

namespace Defragger.PowerShell.Commands;

/// <summary>Changes a run of Invoke-DefragCompare while it goes on, from another session.</summary>
[Cmdlet(VerbsCommon.Set, "DefragCompare", SupportsShouldProcess = true, HelpUri = "")]
[OutputType(typeof(RunChange))]
public sealed class SetDefragCompareCommand : CancellableCommand
{
    /// <summary>The output directory of the run.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RunningCompareCompleter))]
    public string OutputDirectory { get; set; } = "";

    /// <summary>The most cases at once.</summary>
    [Parameter]
    [ValidateRange(1, RunChange.MostWorkers)]
    [PSDefaultValue(Help = "as it is")]
    public int? ThrottleLimit { get; set; }

    /// <summary>Used memory to stay within, as an amount or a share.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MemorySizeCompleter))]
    [PSDefaultValue(Help = "as it is")]
    public string? MemoryBudget { get; set; }

    /// <summary>Gives what the run is asked for.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (ThrottleLimit == null && MemoryBudget == null)
            Fail(ErrorKind.NoChange, "There is nothing to change: give -ThrottleLimit, -MemoryBudget or both.", null);
        try
        {
            if (MemoryBudget != null) MemorySize.Parse(MemoryBudget);
        }
        catch (FormatException e)
        {
            Fail(ErrorKind.InvalidMemorySize, $"-MemoryBudget: {e.Message}", MemoryBudget, e);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string path = FullPath(OutputDirectory);
        if (OutputFolder.ControlOfRun(path) is not string control)
        {
            WriteError(ErrorKind.NoRun.Record(
                $"No run writes to '{path}' now. Give the -OutputDirectory of a run that goes on.", path));
            return;
        }
        RunChange change = Merged(control);
        string what = string.Join(" and ", new[]
        {
            ThrottleLimit is int workers ? $"at most {workers} at a time" : null,
            MemoryBudget is string budget ? $"within {budget}" : null,
        }.OfType<string>());
        if (!ShouldProcess($"the run that writes to '{path}'", $"Go on {what}")) return;
        try
        {
            ControlFile.Write(control, change);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(ErrorKind.OutputWriteFailed.Record($"'{control}' cannot be written: {e.Message}", control, e));
            return;
        }
        if (PassThru) WriteObject(change);
    }

    // A change that the run has not seen yet is not taken back by the next one.
    private RunChange Merged(string control)
    {
        RunChange? before = null;
        try
        {
            if (File.Exists(control)) before = ControlFile.Read(control);
        }
        catch (FormatException e)
        {
            WriteVerbose($"'{control}' is replaced: {e.Message}");
        }
        return new RunChange(ThrottleLimit ?? before?.ThrottleLimit, MemoryBudget ?? before?.MemoryBudget);
    }
}
