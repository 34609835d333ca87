using System.Management.Automation;
using System.Reflection;
using Defragger.Python;
using Defragger.Python.Suite;

namespace Defragger.PowerShell.Commands;

/// <summary>A cmdlet that works on Pythons: where the module's own parts are, and what its failures are called.</summary>
public abstract class PythonCommand : CancellableCommand
{
    private static readonly string s_module =
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location)!, ".."));

    private CommandRunner? _runner;

    /// <summary>What the user's builds keep.</summary>
    private protected static PythonStore Store { get; } = PythonStore.OfUser();

    /// <summary>What of ours is linked into a Python.</summary>
    private protected static PythonParts Parts() => new(Path.Combine(s_module, "python"));

    /// <summary>The program that starts cases and tests.</summary>
    private protected static string Launcher { get; } = Path.Combine(s_module, "bin", "defrag-launch");

    /// <summary>What starts programs, for as long as the cmdlet lives.</summary>
    private protected CommandRunner Runner
    {
        get
        {
            if (_runner != null) return _runner;
            if (!File.Exists(Launcher))
                Fail(ErrorKind.ModuleIncomplete, $"The module is not whole: '{Launcher}' is missing. Build or install it again.", Launcher);
            return _runner = new CommandRunner(Launcher);
        }
    }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (!OperatingSystem.IsLinux())
            Fail(ErrorKind.PlatformNotSupported, "Pythons are built and tested on Linux; this system is another.", Environment.OSVersion.VersionString);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _runner?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>What a refusal is called.</summary>
    private protected static ErrorKind KindOf(PythonRefusal refusal) => refusal switch
    {
        PythonRefusal.NotSupported => ErrorKind.PythonNotSupported,
        PythonRefusal.ToolMissing => ErrorKind.ToolMissing,
        PythonRefusal.HashMismatch => ErrorKind.HashMismatch,
        PythonRefusal.DestinationExists => ErrorKind.DestinationExists,
        PythonRefusal.NotOurs => ErrorKind.NotDefragPython,
        PythonRefusal.Incomplete => ErrorKind.ModuleIncomplete,
        _ => ErrorKind.PythonNotFound,
    };

    /// <summary>Runs CPython's own tests on a Python and on the stock one; what differs is written.</summary>
    private protected void RunSuite(string executable, string stock, string[] files)
    {
        SuiteOptions options = new() { Stock = stock, Python = executable, Launcher = Launcher };
        if (files.Length > 0) options = options with { Files = files };
        try
        {
            PythonSuiteView.Run(this, options, Stop);
        }
        catch (PythonSuiteException e)
        {
            WriteError(ErrorKind.PythonTestsNotRun.Record(e.Message, executable, e));
        }
    }

    /// <summary>A folder of a Python, given as that or as the executable in its bin/.</summary>
    private protected string FolderOf(string path)
    {
        string full = FullPath(path);
        return File.Exists(full) && Path.GetFileName(Path.GetDirectoryName(full)) == "bin"
            ? Path.GetDirectoryName(Path.GetDirectoryName(full))! : Path.TrimEndingDirectorySeparator(full);
    }
}
