using Defragger.Engines;

namespace Defragger.PowerShell.Parameters;

/// <summary>Finds the program of a command before thousands of cases fail for want of it.</summary>
internal static class CommandPath
{
    /// <summary>The program's full path, or null when there is none that can be run.</summary>
    /// <param name="program">A path, or a name to look up in PATH.</param>
    /// <param name="directory">Where a relative path begins.</param>
    public static string? Find(string program, string directory) => ProgramPath.Find(program, directory);
}
