using System.Management.Automation;
using Defragger.Files;
using Defragger.History;

namespace Defragger.PowerShell.Commands;

/// <summary>Writes what is known of cases as CSV, for another machine or for a spreadsheet.</summary>
[Cmdlet(VerbsData.Export, "DefragHistory", SupportsShouldProcess = true, HelpUri = "")]
[OutputType(typeof(FileInfo))]
public sealed class ExportDefragHistoryCommand : HistoryFilterCommand
{
    /// <summary>The file to write.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Gives the written file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string path = FullPath(Path), history = HistoryFile();
        if (File.Exists(path) && !Force)
            Fail(ErrorKind.OutputExists, $"'{path}' is there already. Replace it with -Force, or choose another -Path.", path);
        IReadOnlyList<CaseHistory> chosen = Chosen(history);
        if (!ShouldProcess($"'{path}' with what '{history}' knows of {chosen.Count:N0} {(chosen.Count == 1 ? "case" : "cases")}", "Write")) return;
        try
        {
            AtomicFile.Write(path, file => HistoryCsv.Write(file, chosen));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(ErrorKind.OutputWriteFailed, $"'{path}' cannot be written: {e.Message}", path, e);
        }
        if (PassThru) WriteObject(new FileInfo(path));
    }
}
