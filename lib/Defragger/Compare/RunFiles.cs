namespace Defragger.Compare;

/// <summary>Names of the files in a run's output directory, for those who read it without taking its lock.</summary>
internal static class RunFiles
{
    /// <summary>One durable line for each ended case.</summary>
    public static string Journal(string directory) => Path.Combine(directory, "journal.jsonl");

    /// <summary>What the run was asked, and how it ended.</summary>
    public static string Record(string directory) => Path.Combine(directory, "run.json");

    /// <summary>The memory samples.</summary>
    public static string MemorySamples(string directory) => Path.Combine(directory, "memory.csv");
}
