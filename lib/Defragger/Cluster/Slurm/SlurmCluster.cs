using System.Globalization;
using Defragger.Compare;

namespace Defragger.Cluster.Slurm;

/// <summary>A cluster that was looked at: everything that can be wrong with a call is found here, before anything is handed in or
/// written.</summary>
/// <param name="Batch">The way to it.</param>
/// <param name="Shape">What it has for this user's tasks.</param>
/// <param name="Warning">What should be known of it; null for nothing.</param>
internal sealed record SlurmCluster(SlurmBatch Batch, ClusterShape Shape, string? Warning)
{
    // A part of a node's memory may be kept for the system, which sinfo does not tell.
    private static readonly double[] s_shares = [1, 0.95, 0.9, 0.8, 0.7, 0.5];

    // Most clusters keep some for others; and what waits longer than a few rounds might as well not be handed in yet.
    private const int LeastTasks = 1000, TasksPerCore = 3;

    /// <summary>Looks at the cluster that the machine belongs to.</summary>
    /// <param name="options">What the user asks for.</param>
    /// <param name="runner">Full path of the program that runs a chunk.</param>
    /// <param name="caseLimit">The memory that one case may hold, or null.</param>
    /// <exception cref="ClusterException">It is none, does not answer, or cannot run such tasks.</exception>
    public static SlurmCluster Find(SlurmOptions options, string runner, long? caseLimit)
    {
        SlurmTool tool = SlurmTool.Find();
        try
        {
            string config = tool.Ask("scontrol", "show", "config");
            List<SlurmNode> nodes = Nodes(tool, options.Partition);
            var batch = new SlurmBatch(tool, options, runner);
            if (batch.Try(MemoryClasses.Smallest + MemoryClasses.Overhead) is string fault)
                throw new ClusterException($"Slurm would not run tasks of this run: {fault}");
            ClusterShape shape = Measure(nodes, config, batch);
            long needed = (caseLimit ?? 0) + MemoryClasses.Overhead;
            if (needed > shape.Largest)
            {
                throw new ClusterException($"-CaseMemoryLimit {MemorySize.Format(caseLimit ?? 0)} and the {MemorySize.Format(MemoryClasses.Overhead)} beside it are more than "
                    + $"a task can have here, {MemorySize.Format(shape.Largest)}.");
            }
            bool shared = SlurmText.Setting(config, "SelectTypeParameters")?.Contains("MEMORY", StringComparison.OrdinalIgnoreCase) == true;
            return new SlurmCluster(batch, shape, shared ? null
                : "This cluster does not share out memory (SelectTypeParameters has no _Memory): tasks of one node may take it from each other.");
        }
        catch (BatchBusyException e)
        {
            throw new ClusterException($"Slurm does not answer: {e.Message}");
        }
    }

    /// <summary>The nodes of a partition that take tasks.</summary>
    private static List<SlurmNode> Nodes(SlurmTool tool, string? partition)
    {
        List<SlurmNode> all = [.. tool.Ask("sinfo", "--noheader", "--Node", $"--format={SlurmText.NodeFormat}")
            .Split('\n').Select(SlurmText.Node).OfType<SlurmNode>()];
        string known = string.Join(", ", all.Select(one => one.Partition).Distinct().Order(StringComparer.Ordinal));
        if (all.Count == 0) throw new ClusterException("The cluster has no partition with a node.");
        if (partition == null && !all.Any(one => one.IsDefault))
            throw new ClusterException($"The cluster has no default partition; name one with -SlurmPartition. There are: {known}.");
        // Slurm takes a list, and starts a task in the one that has room first.
        HashSet<string> asked = [.. partition?.Split(',') ?? all.Where(one => one.IsDefault).Select(one => one.Partition).Take(1)];
        string[] strange = [.. asked.Where(name => all.TrueForAll(one => one.Partition != name))];
        if (strange.Length > 0) throw new ClusterException($"The cluster has no partition '{string.Join(',', strange)}'. There are: {known}.");
        List<SlurmNode> mine = [.. all.Where(one => asked.Contains(one.Partition)).DistinctBy(one => one.Name)];
        List<SlurmNode> up = mine.FindAll(one => one.IsUp);
        if (up.Count > 0) return up;
        string states = string.Join(", ", mine.GroupBy(one => one.State).Select(group => $"{group.Count()} {group.Key}"));
        throw new ClusterException($"No node of partition '{string.Join(',', asked)}' takes tasks: {states}. See sinfo --list-reasons.");
    }

    private static ClusterShape Measure(List<SlurmNode> nodes, string config, SlurmBatch batch)
    {
        SlurmNode largest = nodes.OrderByDescending(one => one.Memory).ThenByDescending(one => one.Cores).First();
        long least = MemoryClasses.Smallest + MemoryClasses.Overhead;
        if (largest.Memory < least)
        {
            throw new ClusterException($"The nodes have {MemorySize.Format(largest.Memory)} at most by what Slurm knows, and a task needs {MemorySize.Format(least)}. "
                + "Does slurm.conf say their RealMemory?");
        }
        long most = s_shares.Select(share => (long)(largest.Memory * share)).FirstOrDefault(memory => memory < least || batch.Try(memory) == null, least);
        int cores = nodes.Sum(one => one.Cores);
        int inArray = Number("MaxArraySize", 1001) - 1; // it bounds the highest number
        if (inArray < 1) throw new ClusterException("This cluster takes no arrays (MaxArraySize is 0 or 1), and each task would be a job.");
        int tasks = Math.Clamp(Number("MaxJobCount", 10_000) / 2, 1, Math.Max(LeastTasks, TasksPerCore * cores));
        return new ClusterShape(nodes.Count, cores, nodes.Sum(one => one.Memory), Math.Max(most, least), largest.Cores, tasks, inArray);

        int Number(string name, int otherwise) =>
            int.TryParse(SlurmText.Setting(config, name), NumberStyles.None, CultureInfo.InvariantCulture, out int found) ? found : otherwise;
    }
}
