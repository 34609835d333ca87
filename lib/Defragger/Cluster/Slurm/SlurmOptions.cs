namespace Defragger.Cluster.Slurm;

/// <summary>What a user asks of Slurm. Checked by <see cref="Fault"/>.</summary>
internal sealed record SlurmOptions
{
    // The run's own, or what would make another thing of it: sbatch --wait would hold it, --wrap would take its script away.
    private static readonly Dictionary<string, string> s_taken = new()
    {
        ["array"] = "the run numbers its tasks itself",
        ["mem"] = "each task gets what its cases are expected to need; -CaseMemoryLimit bounds a case",
        ["mem-per-cpu"] = "each task gets what its cases are expected to need; -CaseMemoryLimit bounds a case",
        ["mem-per-gpu"] = "each task gets what its cases are expected to need; -CaseMemoryLimit bounds a case",
        ["partition"] = "use -SlurmPartition",
        ["account"] = "use -SlurmAccount",
        ["time"] = "use -SlurmTime",
        ["nodes"] = "a task has one node",
        ["ntasks"] = "a task is one task",
        ["output"] = "the run keeps what its tasks print",
        ["error"] = "the run keeps what its tasks print",
        ["chdir"] = "tasks start in the run's folder",
        ["job-name"] = "the run finds its jobs by their names",
        ["requeue"] = "the run hands in again what is not done",
        ["no-requeue"] = "it is so already",
        ["parsable"] = "it is so already",
        ["wrap"] = "the run brings its own script",
        ["wait"] = "the run follows its tasks itself",
        ["test-only"] = "nothing would run; use -WhatIf",
        ["hold"] = "nothing would run",
    };

    private static readonly Dictionary<char, string> s_short = new()
    {
        ['a'] = "array", ['p'] = "partition", ['A'] = "account", ['t'] = "time", ['N'] = "nodes", ['n'] = "ntasks", ['o'] = "output",
        ['e'] = "error", ['D'] = "chdir", ['J'] = "job-name", ['W'] = "wait", ['H'] = "hold",
    };

    /// <summary>The partition; null for the cluster's default.</summary>
    public string? Partition { get; init; }

    /// <summary>The account; null for the user's default.</summary>
    public string? Account { get; init; }

    /// <summary>The time limit of a task as sbatch takes it; null for the partition's default.</summary>
    public string? Time { get; init; }

    /// <summary>More options for sbatch, one word each.</summary>
    public IReadOnlyList<string> More { get; init; } = [];

    /// <summary>These as words for sbatch.</summary>
    public IEnumerable<string> Words =>
    [
        .. Partition == null ? (string[])[] : [$"--partition={Partition}"],
        .. Account == null ? (string[])[] : [$"--account={Account}"],
        .. Time == null ? (string[])[] : [$"--time={Time}"],
        .. More,
    ];

    /// <summary>Says what is wrong with an option for sbatch; null when nothing is.</summary>
    public static string? Fault(string option)
    {
        if (!option.StartsWith('-') || option is "-" or "--") return "it does not begin with '-'; write an option and its value as one word, such as --qos=low";
        string name = option.StartsWith("--", StringComparison.Ordinal) ? option[2..].Split('=')[0] : s_short.GetValueOrDefault(option[1], "");
        return s_taken.GetValueOrDefault(name);
    }
}
