using System.Diagnostics;

namespace Defragger.Bench;

/// <summary>What the figures depend on beside the allocators.</summary>
internal static class Machine
{
    public static string Describe()
    {
        string model = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) ?? "";
        string huge = Read("/sys/kernel/mm/transparent_hugepage/enabled");
        int from = huge.IndexOf('[', StringComparison.Ordinal) + 1, to = huge.IndexOf(']', StringComparison.Ordinal);
        string cores = model[(model.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        return $"{DateTime.Now:yyyy-MM-dd}, {Environment.ProcessorCount} cores, {cores}, "
            + $"Linux {Read("/proc/sys/kernel/osrelease")}, transparent huge pages: {(to > from ? huge[from..to] : "none")}";
    }

    /// <summary>Processes that ran or waited to, over the last minute.</summary>
    public static string Load() => Read("/proc/loadavg").Split(' ')[0];

    /// <summary>The version of a package, as dpkg tells it.</summary>
    public static string PackageVersion(string package) => Output("dpkg-query", "-W", "-f", "${Version}", package) ?? "version unknown";

    /// <summary>The package that a file belongs to, with its version; null if it belongs to none, or dpkg is not here.</summary>
    public static string? Owner(string path) =>
        Output("dpkg-query", "-S", new FileInfo(path).ResolveLinkTarget(true)?.FullName ?? path)?.Split(':')[0] is { } package
            ? $"{package} {PackageVersion(package)}" : null;

    /// <summary>The interpreter itself: a script that starts it would be started under the allocator too. Null if there is none.</summary>
    public static string? PythonExecutable(string python) => Output(python, "-c", "import sys; print(sys.executable)");

    public static string PythonVersion(string python) => Output(python, "-V") ?? "Python";

    /// <summary>The commit that the sources are at.</summary>
    public static string Commit(string root) => Output("git", "-C", root, "rev-parse", "--short", "HEAD") ?? "no commit";

    private static string Read(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : "";

    private static string? Output(string program, params string[] words)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, words)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            string text = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 && text.Length > 0 ? text : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
