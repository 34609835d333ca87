using Defragger.Engines;

namespace Defragger.Python;

/// <summary>Asks Pythons. Each question is a script of <c>Scripts/</c> that prints JSON; it is asked of a process of its own
/// without the user's settings and folders.</summary>
internal sealed class PythonProbe(CommandRunner runner)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    /// <summary>What an installation is.</summary>
    /// <param name="given">An executable: a path or a name to look up in PATH; or a prefix with bin/python3 in it.</param>
    /// <param name="directory">Where a relative path begins.</param>
    /// <param name="stop">Ends the question.</param>
    /// <exception cref="PythonRefusedException">There is no Python, or none that an executable can be linked for.</exception>
    public PythonInstallation Installation(string given, string directory, CancellationToken stop)
    {
        string executable = Executable(given, directory);
        // -S: a site that is broken is of no matter here. Started in the root, so that no folder of the user's is imported from.
        ProcessReport report = runner.Capture(
            new BuildCommand(executable, ["-I", "-S", "-B", "-c", Script("installation")]) { Directory = "/" }, s_limit, stop);
        if (report.StandardError.Contains("Unknown option: -I", StringComparison.Ordinal))
        {
            throw new PythonRefusedException(PythonRefusal.NotSupported,
                $"'{given}' is older than Python 3.4 and cannot be used. Give a CPython from 3.8 on.", given);
        }
        if (CommandRunner.Failure(report) is string failure)
        {
            throw new PythonRefusedException(PythonRefusal.NotFound,
                $"'{executable}' cannot be asked what it is: {failure}. {LastLine(report.StandardError)}".TrimEnd(), given);
        }
        PythonInstallation installation;
        try
        {
            installation = PythonInstallation.Parse(report.StandardOutput);
        }
        catch (FormatException)
        {
            string printed = report.StandardOutput.Length == 0 ? "nothing" : $"'{LastLine(report.StandardOutput)}'";
            throw new PythonRefusedException(PythonRefusal.NotFound,
                $"'{executable}' is no Python: asked what it is, it printed {printed}.", given);
        }
        return installation.Refusal() is string reason
            ? throw new PythonRefusedException(PythonRefusal.NotSupported, $"'{executable}' {reason}.", given)
            : installation;
    }

    /// <summary>The executable that is meant.</summary>
    /// <param name="given">A path, a name to look up in PATH, or a folder with bin/python3 in it.</param>
    /// <param name="directory">Where a relative path begins.</param>
    /// <exception cref="PythonRefusedException">There is none.</exception>
    public static string Executable(string given, string directory)
    {
        string path = Path.GetFullPath(given, directory);
        if (Directory.Exists(path))
        {
            // The second for a Python 2, which is told that it is too old.
            return ProgramPath.Runnable(Path.Combine(path, "bin", "python3"))
                ?? ProgramPath.Runnable(Path.Combine(path, "bin", "python"))
                ?? throw new PythonRefusedException(PythonRefusal.NotFound,
                    $"There is no bin/python3 in '{path}'. Give an executable, or the prefix of an installation.", given);
        }
        return ProgramPath.Find(given, directory) ?? throw new PythonRefusedException(PythonRefusal.NotFound,
            $"There is no program '{given}'{(given.Contains('/') ? "" : " in PATH")}. "
            + "Give an executable, or the prefix of an installation.", given);
    }

    /// <summary>The stock Python of the same library as a Python of ours; null when none is there.</summary>
    /// <param name="executable">The Python of ours.</param>
    /// <param name="recorded">The one that its record names.</param>
    /// <param name="stop">Ends the question.</param>
    public string? StockOf(string executable, string? recorded, CancellationToken stop)
    {
        if (recorded != null && File.Exists(recorded)) return recorded;
        if (Told(executable, stop) is not { } ours) return null; // the checks will say why
        string stock = Path.Combine(ours.Prefix, "bin", ours.Name);
        return File.Exists(stock) && Told(stock, stop) is { IsOurs: false } ? stock : null;
    }

    /// <summary>The executable behind a script or link that starts a Python, such as a version manager's; itself when it
    /// does not tell.</summary>
    public string Behind(string executable, CancellationToken stop) => Told(executable, stop)?.Executable ?? executable;

    /// <summary>Runs a Python with these words.</summary>
    public ProcessReport Run(string executable, string[] words, CancellationToken stop) =>
        runner.Capture(new BuildCommand(executable, words) { Directory = "/" }, s_limit, stop);

    /// <summary>Runs a script under a Python; its report, whatever it says.</summary>
    /// <param name="executable">The Python.</param>
    /// <param name="script">The name of a script in <c>Scripts/</c>.</param>
    /// <param name="options">Options of the Python, such as -I.</param>
    /// <param name="environment">Variables to set.</param>
    /// <param name="stop">Ends it.</param>
    public ProcessReport Ask(
        string executable, string script, string[] options, (string Name, string Value)[] environment, CancellationToken stop) =>
        runner.Capture(new BuildCommand(executable, [.. options, "-B", "-c", Script(script)])
        {
            Directory = "/",
            Environment = environment.ToDictionary(one => one.Name, one => one.Value),
        }, s_limit, stop);

    /// <summary>The last line that is not blank, for messages.</summary>
    public static string LastLine(string text) =>
        text.Split('\n').LastOrDefault(line => !string.IsNullOrWhiteSpace(line))?.Trim() ?? "";

    private PythonInstallation? Told(string executable, CancellationToken stop)
    {
        ProcessReport report = Ask(executable, "installation", ["-I", "-S"], [], stop);
        try
        {
            return CommandRunner.Failure(report) == null ? PythonInstallation.Parse(report.StandardOutput) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string Script(string name)
    {
        using Stream stream = typeof(PythonProbe).Assembly.GetManifestResourceStream($"Defragger.Python.Scripts.{name}.py")
            ?? throw new ArgumentException($"There is no script '{name}'.", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
