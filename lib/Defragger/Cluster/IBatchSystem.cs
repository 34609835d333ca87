namespace Defragger.Cluster;

/// <summary>What a batch system is asked for: the seam between a run and Slurm, or a simulated cluster.</summary>
internal interface IBatchSystem
{
    /// <summary>Hands in an array of tasks, all alike but for their number.</summary>
    /// <returns>The job that it has become.</returns>
    /// <exception cref="BatchBusyException">Not now; the same array may be handed in again later.</exception>
    string Submit(ArrayRequest request);

    /// <summary>The job that was handed in under a name, or null when there is none any more.</summary>
    /// <exception cref="BatchBusyException">The system does not answer.</exception>
    string? Find(string name);

    /// <summary>Tells of the tasks of some jobs; of one that the system has forgotten nothing is told.</summary>
    /// <exception cref="BatchBusyException">The system does not answer.</exception>
    IReadOnlyList<TaskStatus> Poll(IReadOnlyCollection<string> jobs);

    /// <summary>Ends jobs with all their tasks, and does not wait for it. What has ended already is passed over.</summary>
    /// <exception cref="BatchBusyException">The system does not answer.</exception>
    void Cancel(IReadOnlyCollection<string> jobs);
}

/// <summary>An array of tasks.</summary>
/// <param name="Name">Names it among all jobs of the user: by it the job is found again whose number was lost.</param>
/// <param name="Folder">Full path of its folder, which all nodes see; each task starts there.</param>
/// <param name="Tasks">How many; they are numbered from 0.</param>
/// <param name="Memory">Memory of each task, in bytes.</param>
internal sealed record ArrayRequest(string Name, string Folder, int Tasks, long Memory);

/// <summary>Where a task is in its life.</summary>
internal enum TaskPhase
{
    /// <summary>It waits for a node.</summary>
    Waiting,

    /// <summary>It is on a node.</summary>
    Running,

    /// <summary>It is over, and memory had nothing to do with it.</summary>
    Ended,

    /// <summary>It was ended for want of memory.</summary>
    OutOfMemory,
}

/// <summary>What is told of a task.</summary>
/// <param name="Job">The job.</param>
/// <param name="Task">Its number in the array.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="State">The same in the batch system's own words, for messages.</param>
/// <param name="Node">The node; empty when it has none.</param>
internal readonly record struct TaskStatus(string Job, int Task, TaskPhase Phase, string State, string Node)
{
    /// <summary>The state of a task that came to its end with exit code 0.</summary>
    public const string Completed = "COMPLETED";
}

/// <summary>The batch system does not answer, or takes nothing now.</summary>
internal sealed class BatchBusyException(string message) : Exception(message);
