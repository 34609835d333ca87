using System.ComponentModel;
using System.Diagnostics;
using Defragger.Engines;

namespace Defragger.Cluster.Slurm;

/// <summary>What a command of Slurm said.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error in one line, without the command's own name.</param>
internal readonly record struct ToolAnswer(int ExitCode, string Output, string Error);

/// <summary>Runs Slurm's own commands: argument lists, no shell, a bounded answer in bounded time.</summary>
/// <remarks>The commands and not a library: they fit the cluster's version and its secrets, and every cluster has them.</remarks>
internal sealed class SlurmTool
{
    // A controller that is busy keeps a command for its MessageTimeout, 10 s by default and up to 100 s, and some tries.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    // A line of squeue has some 60 bytes: a million tasks.
    private const int MostOutput = 64 << 20;
    private const int MostError = 16 << 10;

    private static readonly string[] s_needed = ["sbatch", "squeue", "scancel", "scontrol", "sinfo"];
    private readonly Dictionary<string, string> _paths;

    private SlurmTool(Dictionary<string, string> paths) => _paths = paths;

    /// <summary>Finds the commands on the PATH.</summary>
    /// <exception cref="ClusterException">One is not there.</exception>
    public static SlurmTool Find()
    {
        string here = Environment.CurrentDirectory;
        Dictionary<string, string> paths = [];
        foreach (string name in s_needed.Append("sacct"))
            if (ProgramPath.Find(name, here) is string path) paths.Add(name, path);
        string[] missing = [.. s_needed.Where(name => !paths.ContainsKey(name))];
        if (missing.Length == 0) return new SlurmTool(paths);
        throw new ClusterException($"Slurm's {string.Join(", ", missing)} {(missing.Length == 1 ? "is" : "are")} not on the PATH. "
            + "Run this on a machine that can hand in jobs (a login node); Debian, Ubuntu: apt-get install slurm-client.");
    }

    /// <summary>The command is there; of those that are not always.</summary>
    public bool Has(string name) => _paths.ContainsKey(name);

    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="BatchBusyException">It does not come to an end, or says more than makes sense.</exception>
    public ToolAnswer Run(string name, params IEnumerable<string> words)
    {
        var start = new ProcessStartInfo(_paths[name], words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        try
        {
            using Process process = Process.Start(start)!;
            using var late = new Timer(_ => End(process), null, s_limit, Timeout.InfiniteTimeSpan);
            process.StandardInput.Close();
            Task<string> error = Task.Run(() => Read(process, process.StandardError, MostError));
            string output = Read(process, process.StandardOutput, MostOutput);
            process.WaitForExit();
            return new ToolAnswer(process.ExitCode, output, OneLine(name, error.GetAwaiter().GetResult()));
        }
        catch (Win32Exception e)
        {
            throw new BatchBusyException($"{name} could not be started: {e.Message}");
        }
    }

    /// <summary>Runs a command that has to end well.</summary>
    /// <exception cref="BatchBusyException">It did not.</exception>
    public string Ask(string name, params IEnumerable<string> words)
    {
        ToolAnswer answer = Run(name, words);
        return answer.ExitCode == 0 ? answer.Output : throw new BatchBusyException($"{name}: {answer.Error}");
    }

    private static string Read(Process process, StreamReader reader, int most)
    {
        char[] buffer = new char[32 * 1024];
        var text = new System.Text.StringBuilder();
        for (int count; (count = reader.Read(buffer)) > 0;)
        {
            text.Append(buffer, 0, count);
            if (text.Length <= most) continue;
            End(process);
            throw new BatchBusyException($"{process.StartInfo.FileName} said more than {most} characters");
        }
        return text.ToString();
    }

    private static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended after all.
        }
    }

    private static string OneLine(string name, string text) => string.Join("; ", text
        .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Replace($"{name}: ", "", StringComparison.Ordinal).Replace("error: ", "", StringComparison.Ordinal)).Distinct());
}
