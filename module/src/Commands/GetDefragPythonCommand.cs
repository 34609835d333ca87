using System.Management.Automation;
using Defragger.PowerShell.Completers;
using Defragger.Python;

namespace Defragger.PowerShell.Commands;

/// <summary>Lists the Pythons that Build-DefragPython made and that are still there.</summary>
[Cmdlet(VerbsCommon.Get, "DefragPython", HelpUri = "")]
[OutputType(typeof(DefragPython))]
public sealed class GetDefragPythonCommand : PythonCommand
{
    /// <summary>Only the Python in this folder, or those whose folders match.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MadePythonCompleter))]
    [PSDefaultValue(Help = "all")]
    public string? Path { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Path != null && !WildcardPattern.ContainsWildcardCharacters(Path))
        {
            One(FolderOf(Path));
            return;
        }
        WildcardPattern? pattern = Path != null ? new WildcardPattern(FullPath(Path)) : null;
        try
        {
            foreach (DefragPython python in Store.List())
                if (pattern?.IsMatch(python.Path) != false) WriteObject(python);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(ErrorKind.PythonRecordDamaged, $"The list of Pythons in '{Store.Folder}' cannot be read: {e.Message}", Store.Folder, e);
        }
    }

    private void One(string folder)
    {
        try
        {
            if (DefragPython.Read(folder) is DefragPython python) WriteObject(python);
            else WriteError(ErrorKind.PythonNotFound.Record($"There is no Python of Build-DefragPython in '{folder}'.", folder));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            WriteError(ErrorKind.PythonRecordDamaged.Record(e.Message, folder, e));
        }
    }
}
