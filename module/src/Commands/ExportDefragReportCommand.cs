using System.Management.Automation;
using Defragger.Compare;
using Defragger.PowerShell.Parameters;
using Defragger.Reports;

namespace Defragger.PowerShell.Commands;

/// <summary>Writes reports on a run that was, from what it left in its output directory; nothing is compared again.</summary>
[Cmdlet(VerbsData.Export, "DefragReport", SupportsShouldProcess = true, HelpUri = "")]
[OutputType(typeof(FileInfo))]
public sealed class ExportDefragReportCommand : CancellableCommand
{
    /// <summary>Output directories of runs, or their journals.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "OutputDirectory")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Which reports.</summary>
    [Parameter(Position = 1)]
    [ListTransformation]
    [ValidateNotNullOrEmpty]
    public ReportFormat[] Format { get; set; } = [ReportFormat.Html];

    /// <summary>The directory to write to; the run's own when it is not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PSDefaultValue(Help = "the directory of the run")]
    public string? Destination { get; set; }

    /// <summary>Replaces reports that are there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string path in Path) Export(path);
    }

    private void Export(string given)
    {
        string path = FullPath(given);
        string directory = File.Exists(path) ? System.IO.Path.GetDirectoryName(path)! : path;
        if (!File.Exists(OutputFolder.JournalOf(directory)))
        {
            WriteError(ErrorKind.NoRun.Record(
                $"'{directory}' is no output directory of a run: it has no journal.jsonl. Give the -OutputDirectory of Invoke-DefragCompare.", given));
            return;
        }
        string destination = Destination == null ? directory : FullPath(Destination);
        IEnumerable<string> names = Format.Distinct().Select(ReportFiles.NameOf);
        if (!Force && names.Select(name => System.IO.Path.Combine(destination, name)).FirstOrDefault(System.IO.Path.Exists) is string there)
        {
            WriteError(ErrorKind.OutputExists.Record($"'{there}' is there already. Replace it with -Force, or choose another -Destination.", there));
            return;
        }
        if (!ShouldProcess($"the run in '{directory}' in '{destination}'", $"Report as {string.Join(", ", names)}")) return;
        try
        {
            using var source = new ReportSource(directory);
            foreach (string file in ReportFiles.Write(source, Format, destination, Stop)) WriteObject(new FileInfo(file));
        }
        catch (FormatException e)
        {
            WriteError(ErrorKind.JournalDamaged.Record(e.Message, given, e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(ErrorKind.OutputWriteFailed.Record($"The reports on '{directory}' cannot be written to '{destination}': {e.Message}", given, e));
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C: nothing half written is left, and the engine ends the pipeline.
        }
    }
}
