using System.Globalization;
using Defragger.Files;

namespace Defragger.Cluster.Slurm;

/// <summary>Slurm by its commands.</summary>
/// <remarks>
/// squeue is read in columns and not as JSON: a task has 60 bytes there instead of five thousand, and the columns are the
/// same in every version, while the JSON changed its layout from one to the next.
/// Slurm never runs a task twice (--no-requeue): it would wait two minutes before it did so, and a task that had written would
/// write again.
/// </remarks>
/// <param name="tool">The commands.</param>
/// <param name="options">What the user asks for.</param>
/// <param name="runner">Full path of the program that runs a chunk, which all nodes see.</param>
internal sealed class SlurmBatch(SlurmTool tool, SlurmOptions options, string runner) : IBatchSystem
{
    // The program is its argument and the chunk's number Slurm's own: no name of a case or a file is ever read by a shell.
    private const string Script = "#!/bin/sh\nexec \"$1\" \"$SLURM_ARRAY_TASK_ID\"\n";

    // Words of one command line.
    private const int MostAtOnce = 500;

    private bool? _hasAccounting;

    /// <inheritdoc/>
    public string Submit(ArrayRequest request)
    {
        string script = Path.Combine(request.Folder, "task.sh");
        File.WriteAllText(script, Script);
        string answer = tool.Ask("sbatch",
        [
            "--parsable", "--no-requeue", $"--array=0-{request.Tasks - 1}", $"--job-name={request.Name}", $"--chdir={request.Folder}",
            "--output=%a.log", "--ntasks=1", .. MemoryWord(request.Memory), .. options.Words, script, runner,
        ]);
        // With more than one cluster: "number;cluster".
        string job = answer.Trim().Split(';')[0];
        return IsNumber(job) ? job : throw new BatchBusyException($"sbatch answered '{answer.Trim()}', which is no job's number");
    }

    /// <summary>Asks whether such a task could ever run, and hands nothing in. Null when it could; else what Slurm says.</summary>
    /// <exception cref="BatchBusyException">Slurm does not answer.</exception>
    public string? Try(long memory)
    {
        string script = Path.Combine(Path.GetTempPath(), $"defrag-{Guid.NewGuid():N}.sh");
        using (FileStream file = PrivatePath.OpenFile(script, FileMode.CreateNew)) file.Write(System.Text.Encoding.UTF8.GetBytes(Script));
        try
        {
            ToolAnswer answer = tool.Run("sbatch",
                ["--test-only", "--no-requeue", "--array=0", "--ntasks=1", .. MemoryWord(memory), .. options.Words, script, runner]);
            return answer.ExitCode == 0 ? null : answer.Error;
        }
        finally
        {
            File.Delete(script);
        }
    }

    /// <inheritdoc/>
    public string? Find(string name)
    {
        string job = tool.Ask("squeue", "--noheader", "--states=all", $"--name={name}", "--format=%F").Split('\n')[0].Trim();
        return IsNumber(job) ? job : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<TaskStatus> Poll(IReadOnlyCollection<string> jobs)
    {
        List<TaskStatus> told = [];
        foreach (string[] some in jobs.Chunk(MostAtOnce))
        {
            ToolAnswer answer = tool.Run("squeue",
                "--noheader", "--array", "--states=all", $"--jobs={string.Join(',', some)}", $"--format={SlurmText.TaskFormat}");
            // So it says when the one job that it is asked for is forgotten.
            bool forgotten = answer.Error.Contains("Invalid job id", StringComparison.Ordinal);
            if (answer.ExitCode != 0 && !forgotten) throw new BatchBusyException($"squeue: {answer.Error}");
            told.AddRange(answer.Output.Split('\n').Select(SlurmText.Task).OfType<TaskStatus>());
        }
        HashSet<string> known = [.. told.Select(one => one.Job)];
        foreach (string job in jobs.Where(job => !known.Contains(job)).Take(MostAtOnce)) told.AddRange(FromAccounting(job));
        return told;
    }

    /// <inheritdoc/>
    public void Cancel(IReadOnlyCollection<string> jobs)
    {
        foreach (string[] some in jobs.Chunk(MostAtOnce))
        {
            ToolAnswer answer = tool.Run("scancel", ["--quiet", .. some]);
            bool over = answer.Error.Contains("already completing or completed", StringComparison.Ordinal)
                || answer.Error.Contains("Invalid job id", StringComparison.Ordinal);
            if (answer.ExitCode != 0 && !over) throw new BatchBusyException($"scancel: {answer.Error}");
        }
    }

    /// <summary>What the accounting keeps of a job that squeue has forgotten, where a cluster has one.</summary>
    private IEnumerable<TaskStatus> FromAccounting(string job)
    {
        if (_hasAccounting == false || !tool.Has("sacct")) return [];
        ToolAnswer answer = tool.Run("sacct",
            "--noheader", "--parsable2", "--allocations", "--array", $"--jobs={job}", "--format=JobID,State,NodeList");
        _hasAccounting = answer.ExitCode == 0;
        return answer.Output.Split('\n').Select(SlurmText.Accounted).OfType<TaskStatus>();
    }

    private static IEnumerable<string> MemoryWord(long bytes) =>
        [string.Create(CultureInfo.InvariantCulture, $"--mem={(bytes + (1 << 20) - 1) >> 20}M")];

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);
}
