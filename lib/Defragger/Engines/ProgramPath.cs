namespace Defragger.Engines;

/// <summary>Where programs are.</summary>
internal static class ProgramPath
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The program's full path, or null when there is none that can be run.</summary>
    /// <param name="program">A path, or a name to look up in PATH.</param>
    /// <param name="directory">Where a relative path begins.</param>
    public static string? Find(string program, string directory)
    {
        if (program.Contains('/')) return Runnable(Path.GetFullPath(program, directory));
        string[] places = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return places.Select(place => Runnable(Path.GetFullPath(Path.Combine(place, program), directory))).FirstOrDefault(found => found != null);
    }

    /// <summary>The path, if there is a file with a right to run it.</summary>
    public static string? Runnable(string path) =>
        File.Exists(path) && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & AnyExecute) != 0 ? path : null;
}
