using System.Collections;
using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;
using System.Reflection;
using Defragger.PowerShell.Completers;
using Defragger.PowerShell.Parameters;
using Defragger.Preload;

namespace Defragger.PowerShell.Commands;

/// <summary>Starts a program with our malloc in front of the C library's.</summary>
[Cmdlet(VerbsLifecycle.Start, "DefragProcess", SupportsShouldProcess = true, HelpUri = "")]
[OutputType(typeof(Process))]
public sealed class StartDefragProcessCommand : CancellableCommand
{
    /// <summary>Time for a program to end by itself after Ctrl+C, which the terminal sends to it too.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(3);

    /// <summary>The program: a path, or a name in PATH.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProgramCompleter))]
    public string FilePath { get; set; } = "";

    /// <summary>The program's arguments.</summary>
    [Parameter(ValueFromRemainingArguments = true)]
    [AllowEmptyCollection]
    [ValidateNotNull]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>The program is a Python, and takes every object from the malloc.</summary>
    [Parameter]
    public SwitchParameter Python { get; set; }

    /// <summary>Settings of the malloc.</summary>
    [Parameter]
    [DictionaryTransformation]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(SettingCompleter))]
    public IDictionary Setting { get; set; } = new Hashtable();

    /// <summary>Where the program starts; the session's location.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PSDefaultValue(Help = "the session's location")]
    public string? WorkingDirectory { get; set; }

    /// <summary>Does not wait for the program's end, and gives the process.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Ends this command with the program's exit code.</summary>
    [Parameter]
    public SwitchParameter ExitCode { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ExitCode) SetExitCode(3); // until the call has proved good
        PreloadedProgram program = Checked();
        string words = string.Join(' ', program.Arguments.Prepend(program.Program));
        if (!ShouldProcess($"'{words}' with '{program.Library}'", "Start"))
        {
            if (ExitCode) SetExitCode(0);
            return;
        }
        Process process = Started(program);
        if (PassThru)
        {
            WriteObject(process);
            return;
        }
        using (process) Await(process);
    }

    private PreloadedProgram Checked()
    {
        if (!OperatingSystem.IsLinux()) Fail(ErrorKind.PlatformNotSupported, "The malloc is for Linux; this system is another.", null);
        string library = Path.GetFullPath(
            Path.Combine(Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location)!, "..", "bin", "libdefragger.so"));
        if (!File.Exists(library))
            Fail(ErrorKind.ModuleIncomplete, $"The module lacks its library '{library}'. Stage it again with ./defrag build.", library);
        string directory = FullPath(WorkingDirectory ?? ".");
        if (!Directory.Exists(directory)) Fail(ErrorKind.DirectoryNotFound, $"There is no directory '{directory}'.", directory);
        string? path = CommandPath.Find(FilePath, FullPath("."));
        if (path == null)
        {
            Fail(ErrorKind.CommandNotFound,
                $"'{FilePath}' is no program that can be run: {(FilePath.Contains('/') ? "there is no such file, or no right to execute it" : "no directory of PATH has it")}.",
                FilePath);
        }
        if (ProgramImage.Refusal(path) is { } refusal)
            Fail(ErrorKind.ProgramNotPreloadable, $"'{path}' cannot be started with the malloc: {refusal}.", path);
        if (ObstacleOf(path) is { } obstacle)
            WriteWarning($"'{path}' will run without the malloc: {obstacle}.");
        return new PreloadedProgram
        {
            Program = path, Library = library, Arguments = ArgumentList, Directory = directory, IsPython = Python, Settings = Settings(),
        };
    }

    // A program that may be run need not be readable.
    private static string? ObstacleOf(string path)
    {
        try
        {
            return ProgramImage.Obstacle(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private Dictionary<string, string> Settings()
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string value) in DictionaryTransformationAttribute.Entries(Setting))
        {
            try
            {
                MallocSetting one = MallocSetting.Find(name);
                settings[one.Name] = one.Check(value);
            }
            catch (FormatException e)
            {
                Fail(ErrorKind.InvalidSetting, $"-Setting: {e.Message}.", name, e);
            }
        }
        return settings;
    }

    private Process Started(PreloadedProgram program)
    {
        try
        {
            return Process.Start(program.StartInfo())!;
        }
        catch (Exception e) when (e is Win32Exception or FormatException)
        {
            Fail(ErrorKind.ProgramNotStarted, $"'{program.Program}' cannot be started: {e.Message}", program.Program, e);
            throw; // not reached
        }
    }

    private void Await(Process process)
    {
        try
        {
            process.WaitForExitAsync(Stop).GetAwaiter().GetResult();
            SetExitCode(process.ExitCode);
        }
        catch (OperationCanceledException)
        {
            if (!process.WaitForExit(s_grace)) process.Kill(entireProcessTree: true);
        }
    }

    private void SetExitCode(int code) => SessionState.PSVariable.Set("global:LASTEXITCODE", code);
}
