using System.Management.Automation;
using Defragger.PowerShell.Completers;
using Defragger.Python;
using Defragger.Python.Suite;

namespace Defragger.PowerShell.Commands;

/// <summary>Makes a CPython that takes all its memory from Defragger, and proves that it does.</summary>
/// <remarks>The verb is approved from PowerShell 6 on; the reference assembly that this is compiled against is older.</remarks>
[Cmdlet("Build", "DefragPython", SupportsShouldProcess = true, DefaultParameterSetName = Installed, HelpUri = "")]
[OutputType(typeof(DefragPython), typeof(SuiteResult))]
public sealed class BuildDefragPythonCommand : PythonCommand
{
    private const string Installed = "Installed", FromSource = "Source", FromRelease = "Version";

    /// <summary>An installed Python: its executable, as a path or a name in PATH, or its prefix.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = Installed)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PythonCompleter))]
    public string FromInstalled { get; set; } = "";

    /// <summary>The source of CPython: an archive, or a folder that was not configured yet.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromSource)]
    [ValidateNotNullOrEmpty]
    public string Source { get; set; } = "";

    /// <summary>What the archive must hash to.</summary>
    [Parameter(ParameterSetName = FromSource)]
    [ValidatePattern("^[0-9a-fA-F]{64}$")]
    public string? Sha256 { get; set; }

    /// <summary>A release whose source is fetched with apt and whose hash is known.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromRelease)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string Version { get; set; } = "";

    /// <summary>The folder to make; defrag-python/VERSION below the current one.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [PSDefaultValue(Help = "defrag-python/VERSION")]
    public string? Destination { get; set; }

    /// <summary>How CPython's own build optimises.</summary>
    [Parameter(ParameterSetName = FromSource)]
    [Parameter(ParameterSetName = FromRelease)]
    public PythonOptimization Optimize { get; set; }

    /// <summary>Compilers at once; as many as there are cores.</summary>
    [Parameter(ParameterSetName = FromSource)]
    [Parameter(ParameterSetName = FromRelease)]
    [ValidateRange(1, 1024)]
    [PSDefaultValue(Help = "the number of cores")]
    public int Jobs { get; set; } = Environment.ProcessorCount;

    /// <summary>More words for CPython's configure.</summary>
    [Parameter(ParameterSetName = FromSource)]
    [Parameter(ParameterSetName = FromRelease)]
    [ValidateNotNull]
    public string[] Configure { get; set; } = [];

    /// <summary>Builds again what is in the cache.</summary>
    [Parameter(ParameterSetName = FromSource)]
    [Parameter(ParameterSetName = FromRelease)]
    public SwitchParameter Clean { get; set; }

    /// <summary>Runs tests of CPython's own suite on what was made and on the stock Python, and tells what differs.</summary>
    [Parameter]
    public SwitchParameter Test { get; set; }

    /// <summary>Replaces the Python that is at the destination.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            var build = new PythonBuild(this, Runner, Store, Parts(), Stop);
            if (ParameterSetName == Installed) build.FromInstalled(FromInstalled);
            else build.FromSource(Order());
        }
        catch (PythonRefusedException e)
        {
            Fail(KindOf(e.Kind), e.Message, e.Target, e);
        }
        catch (PythonBuildException e)
        {
            Fail(ErrorKind.PythonBuildFailed, e.Message, e.LogPath, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or FormatException)
        {
            Fail(ErrorKind.PythonBuildFailed, $"The Python was not built: {e.Message}", Destination, e);
        }
        catch (OperationCanceledException) when (Stop.IsCancellationRequested)
        {
            // Ctrl+C: everything that was started has ended, and nothing was placed.
        }
    }

    /// <summary>What was built: the record, and its tests if they were asked for.</summary>
    internal void Tell(DefragPython made)
    {
        WriteObject(made);
        if (Test) RunSuite(made.Executable, made.Stock, []);
    }

    /// <summary>A path of the session's as a full path of the system.</summary>
    internal string PathOf(string path) => FullPath(path);

    private SourceBuild.Order Order()
    {
        SourcePlan.CheckWords(Configure);
        return new SourceBuild.Order
        {
            Path = ParameterSetName == FromSource ? Path.TrimEndingDirectorySeparator(FullPath(Source)) : null,
            Sha256 = Sha256?.ToLowerInvariant(),
            Release = ParameterSetName == FromRelease ? Release.Find(Version) : null,
            Jobs = Jobs,
            Optimize = Optimize,
            Configure = Configure,
            Clean = Clean,
        };
    }
}
