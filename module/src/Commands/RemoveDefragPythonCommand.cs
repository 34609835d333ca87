using System.Management.Automation;
using Defragger.Compare;
using Defragger.PowerShell.Completers;
using Defragger.Python;

namespace Defragger.PowerShell.Commands;

/// <summary>Removes Pythons that Build-DefragPython made, and nothing else.</summary>
[Cmdlet(VerbsCommon.Remove, "DefragPython", SupportsShouldProcess = true, DefaultParameterSetName = ByPath, HelpUri = "")]
[OutputType(typeof(void))]
public sealed class RemoveDefragPythonCommand : PythonCommand
{
    private const string ByPath = "Path", OfCache = "Cache";

    /// <summary>The Python's folder, or its executable.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByPath, ValueFromPipeline = true,
        ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MadePythonCompleter))]
    public string Path { get; set; } = "";

    /// <summary>The stock Pythons that are kept so that another link takes seconds.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OfCache)]
    public SwitchParameter Cache { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Cache) ClearCache();
        else if (ParameterSetName == ByPath) RemoveOne();
    }

    private void ClearCache()
    {
        BuildCache cache = Store.Cache;
        try
        {
            string size = MemorySize.Format(cache.Size());
            if (!ShouldProcess($"the stock Pythons in '{cache.Folder}' ({size})", "Remove")) return;
            WriteVerbose($"{MemorySize.Format(cache.Clear())} are free again.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(ErrorKind.PythonRemoveFailed.Record($"The cache '{cache.Folder}' cannot be removed whole: {e.Message}", cache.Folder, e));
        }
    }

    private void RemoveOne()
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
