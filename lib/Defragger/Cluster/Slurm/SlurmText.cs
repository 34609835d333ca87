using System.Globalization;

namespace Defragger.Cluster.Slurm;

/// <summary>A node as sinfo tells it.</summary>
/// <param name="Partition">The partition that it is told of.</param>
/// <param name="IsDefault">That is the cluster's default.</param>
/// <param name="Name">The node.</param>
/// <param name="Cores">Its processors.</param>
/// <param name="Memory">Its memory, in bytes.</param>
/// <param name="State">Its state, as sinfo shortens it.</param>
internal readonly record struct SlurmNode(string Partition, bool IsDefault, string Name, int Cores, long Memory, string State)
{
    // Beginnings of what sinfo shortens the states to in which a node takes nothing.
    private static readonly string[] s_useless = ["down", "drain", "drng", "fail", "err", "unk", "inval", "maint", "reboot"];

    /// <summary>It takes tasks, now or when it is free, or woken.</summary>
    public bool IsUp
    {
        get
        {
            string state = State;
            return !state.Contains('*', StringComparison.Ordinal) && !s_useless.Any(one => state.StartsWith(one, StringComparison.Ordinal));
        }
    }
}

/// <summary>The text of Slurm's commands. Pure.</summary>
internal static class SlurmText
{
    /// <summary>How squeue is to tell of a task: job, number, state, reason, node.</summary>
    public const string TaskFormat = "%F|%K|%T|%r|%N";

    /// <summary>How sinfo is to tell of a node.</summary>
    public const string NodeFormat = "%P|%N|%c|%m|%t";

    /// <summary>Reads a line of squeue; null when it is not of a task of an array.</summary>
    public static TaskStatus? Task(string line)
    {
        string[] fields = line.Trim().Split('|');
        if (fields.Length != 5 || !TryNumber(fields[1], out int task)) return null;
        string state = fields[2];
        TaskPhase phase = Phase(state);
        return new TaskStatus(fields[0], task, phase, phase == TaskPhase.Waiting ? $"{state} ({fields[3]})" : state, fields[4]);
    }

    /// <summary>Reads a line of sacct: 'job_task|STATE by whom|nodes'; null when it is not of a task of an array.</summary>
    public static TaskStatus? Accounted(string line)
    {
        string[] fields = line.Trim().Split('|');
        string[] id = fields[0].Split('_');
        if (fields.Length != 3 || id.Length != 2 || !TryNumber(id[1], out int task)) return null;
        string state = fields[1].Split(' ')[0];
        return new TaskStatus(id[0], task, Phase(state), state, fields[2] == "None assigned" ? "" : fields[2]);
    }

    /// <summary>Reads a line of sinfo; null when it is not of a node.</summary>
    public static SlurmNode? Node(string line)
    {
        string[] fields = line.Trim().Split('|');
        if (fields.Length != 5 || !TryNumber(fields[2], out int cores) || !TryNumber(fields[3], out int megabytes)) return null;
        return new SlurmNode(fields[0].TrimEnd('*'), fields[0].EndsWith('*'), fields[1], cores, (long)megabytes << 20, fields[4]);
    }

    /// <summary>A value of 'scontrol show config'; null when it has none of that name.</summary>
    public static string? Setting(string config, string name)
    {
        foreach (string line in config.Split('\n'))
        {
            string[] halves = line.Split('=', 2);
            if (halves.Length == 2 && halves[0].Trim() == name) return halves[1].Trim();
        }
        return null;
    }

    /// <summary>Where a task is, by Slurm's name of its state. A name that is not known is taken for one of an end: a result or its
    /// want decides then.</summary>
    private static TaskPhase Phase(string state) => state switch
    {
        "PENDING" or "REQUEUED" or "REQUEUE_HOLD" or "REQUEUE_FED" or "RESV_DEL_HOLD" or "SPECIAL_EXIT" => TaskPhase.Waiting,
        "RUNNING" or "CONFIGURING" or "COMPLETING" or "SUSPENDED" or "STOPPED" or "SIGNALING" or "STAGE_OUT" or "RESIZING" => TaskPhase.Running,
        "OUT_OF_MEMORY" => TaskPhase.OutOfMemory,
        _ => TaskPhase.Ended,
    };

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
