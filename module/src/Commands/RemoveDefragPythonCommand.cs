using System.Management.Automation;
using Defragger.Python;

namespace Defragger.PowerShell.Commands;

/// <summary>Removes Pythons that Build-DefragPython made, and nothing else.</summary>
[Cmdlet(VerbsCommon.Remove, "DefragPython", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, HelpUri = "")]
[OutputType(typeof(void))]
public sealed class RemoveDefragPythonCommand : PythonCommand
{
    /// <summary>The Python's folder, or its executable.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string folder = FolderOf(Path);
        try
        {
            PythonFolder.CheckOurs(folder);
            if (!ShouldProcess($"the Python in '{folder}'", "Remove")) return;
            PythonFolder.Remove(folder);
            Store.Forget(folder);
        }
        catch (PythonRefusedException e)
        {
            WriteError(KindOf(e.Kind).Record(e.Message, e.Target, e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(ErrorKind.PythonRemoveFailed.Record($"'{folder}' cannot be removed whole: {e.Message} Remove it again.", folder, e));
        }
    }
}
