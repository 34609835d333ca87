using System.Management.Automation;
using Defragger.PowerShell.Completers;
using Defragger.Python;
using Defragger.Python.Suite;

namespace Defragger.PowerShell.Commands;

/// <summary>Checks that a Python takes all its memory from Defragger and is otherwise what the stock Python is.</summary>
[Cmdlet(VerbsDiagnostic.Test, "DefragPython", HelpUri = "")]
[OutputType(typeof(PythonCheck), typeof(SuiteResult))]
public sealed class TestDefragPythonCommand : PythonCommand
{
    /// <summary>The Python: its folder, or its executable as a path or a name in PATH.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MadePythonCompleter))]
    public string Path { get; set; } = "";

    /// <summary>The stock Python to compare with; the one that it was made from.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PythonCompleter))]
    [PSDefaultValue(Help = "the one that it was made from")]
    public string? Stock { get; set; }

    /// <summary>Runs tests of CPython's own suite on both Pythons too, and tells what differs.</summary>
    [Parameter]
    public SwitchParameter Suite { get; set; }

    /// <summary>The test files of the suite, by the names that `python -m test` takes; 34 that allocate in many ways.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ValidatePattern("^test_[A-Za-z0-9_]+$")]
    [ArgumentCompleter(typeof(SuiteFileCompleter))]
    [PSDefaultValue(Help = "34 files that allocate in many ways")]
    public string[] File { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            Test();
        }
        catch (PythonRefusedException e)
        {
            WriteError(KindOf(e.Kind).Record(e.Message, e.Target, e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(ErrorKind.PythonNotFound.Record($"'{Path}' cannot be tested: {e.Message}", Path, e));
        }
        catch (InvalidDataException e)
        {
            WriteError(ErrorKind.PythonRecordDamaged.Record(e.Message, Path, e));
        }
        catch (OperationCanceledException) when (Stop.IsCancellationRequested)
        {
            // Ctrl+C: what was started has ended.
        }
    }

    private void Test()
    {
        var probe = new PythonProbe(Runner);
        DefragPython? made = DefragPython.Read(FolderOf(Path));
        string executable = made?.Executable ?? probe.Behind(PythonProbe.Executable(Path, FullPath(".")), Stop);
        string? stock = Stock != null
            ? probe.Behind(PythonProbe.Executable(Stock, FullPath(".")), Stop)
            : probe.StockOf(executable, made?.Stock, Stop);
        if (stock == null) WriteVerbose($"No stock Python is known for '{executable}'.");
        using var scratch = new ScratchFolder(System.IO.Path.GetTempPath());
        var subject = new PythonVerifier.Subject(executable, stock);
        foreach (PythonCheck check in new PythonVerifier(probe).Check(subject, scratch.FullPath, Stop))
        {
            WriteObject(check);
            if (check.Status == PythonCheckStatus.Failed)
                WriteError(ErrorKind.PythonCheckFailed.Record($"{executable}: {check.Name}: {check.Detail}", check));
        }
        if (!Suite && File.Length == 0) return;
        if (stock != null) RunSuite(executable, stock, File);
        else WriteError(ErrorKind.PythonTestsNotRun.Record($"There is no stock Python to compare '{executable}' with. Name one with -Stock.", executable));
    }
}
