namespace Defragger.Cluster;

/// <summary>A task that is over, or given up.</summary>
/// <param name="Folder">The folder of its array.</param>
/// <param name="Task">Its number there.</param>
/// <param name="Whole">It came to its own end: what it has not told it has not begun.</param>
/// <param name="Adopted">An earlier run handed it in.</param>
/// <param name="Last">What the batch system said of it last.</param>
internal readonly record struct EndedTask(ArrayFolder Folder, int Task, bool Whole, bool Adopted, TaskStatus Last);

/// <summary>A task that was handed in and is not known to be over.</summary>
internal sealed class FollowedTask
{
    /// <summary>What the batch system said of it last.</summary>
    public TaskStatus Last { get; set; }

    /// <summary>Since when the batch system says that it is over, or knows it no more; null while it waits or runs.</summary>
    public TimeSpan? OverSince { get; set; }
}

/// <summary>An array of tasks and the job that it became.</summary>
/// <param name="folder">What it shares with its tasks.</param>
/// <param name="request">What was handed in.</param>
/// <param name="adopted">An earlier run handed it in.</param>
internal sealed class ArrayJob(ArrayFolder folder, ArrayRequest request, bool adopted)
{
    public ArrayFolder Folder => folder;

    public ArrayRequest Request => request;

    /// <summary>Its number; empty while it is not handed in, and when it has run and is forgotten.</summary>
    public string Job { get; set; } = "";

    /// <summary>Its tasks that are not over, by number.</summary>
    public Dictionary<int, FollowedTask> Tasks { get; } = [];

    /// <summary>A task as it ended.</summary>
    /// <param name="task">Its number.</param>
    /// <param name="one">What was known of it.</param>
    /// <param name="whole">It came to its own end.</param>
    public EndedTask End(int task, FollowedTask one, bool whole) =>
        new(folder, task, whole, adopted, one.Last with { Job = Job, Task = task });
}
