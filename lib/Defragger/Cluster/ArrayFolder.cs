using System.Globalization;
using System.Text.Json;
using Defragger.Files;

namespace Defragger.Cluster;

/// <summary>The folder of one array, which its tasks share with the run: for each task its chunk, and what comes of it.</summary>
/// <remarks>
/// 1. N.chunk is there from before the array was handed in until its results are in the run's journal.
/// 2. N.part grows line by line while task N runs; it is renamed to N.result when the task is over, whole and once.
/// 3. No chunk is run twice: what a task leaves undone goes into another chunk. So a task that was given up and writes after
///    all, on a node that came back, is never read.
/// </remarks>
internal sealed class ArrayFolder(string path)
{
    private const string ChunkEnd = ".chunk", ResultEnd = ".result";

    /// <summary>Full path.</summary>
    public string FullPath => path;

    private string Request => Path.Combine(path, "array.json");

    private string JobFile => Path.Combine(path, "job");

    /// <summary>The cases of a task.</summary>
    public string Chunk(int task) => File(task, ChunkEnd);

    /// <summary>What a task has written so far.</summary>
    public string Part(int task) => File(task, ".part");

    /// <summary>All that a task came to.</summary>
    public string Result(int task) => File(task, ResultEnd);

    /// <summary>What a task's runner printed: nothing, unless it could not run.</summary>
    public string Log(int task) => File(task, ".log");

    /// <summary>Makes the folder, for its owner alone.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public void Create() => PrivatePath.CreateFolder(path);

    /// <summary>Keeps what is about to be handed in.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(ArrayRequest request) => AtomicFile.Write(Request, JsonSerializer.SerializeToUtf8Bytes(request, ChunkJson.Default.ArrayRequest));

    /// <summary>Keeps which job it became.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void WriteJob(string job) => AtomicFile.Write(JobFile, System.Text.Encoding.UTF8.GetBytes(job));

    /// <summary>What was or was about to be handed in; null when that cannot be told, for it was not yet.</summary>
    public ArrayRequest? ReadRequest()
    {
        try
        {
            return JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(Request), ChunkJson.Default.ArrayRequest);
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Which job it became; null when that was not written any more.</summary>
    public string? ReadJob() => System.IO.File.Exists(JobFile) ? System.IO.File.ReadAllText(JobFile) : null;

    /// <summary>The tasks whose results are not in the run's journal yet.</summary>
    public IEnumerable<int> Chunks() => Tasks(ChunkEnd);

    /// <summary>The tasks that are over.</summary>
    public IEnumerable<int> Results() => Tasks(ResultEnd);

    /// <summary>A task of it has run, so it was handed in, whatever is known of that.</summary>
    public bool HasRun => Directory.EnumerateFiles(path, "*.log").Any() || Directory.EnumerateFiles(path, "*.part").Any() || Results().Any();

    /// <summary>The results of a task are in the run's journal. Its chunk goes last: while it is there, all of it is.</summary>
    public void Remove(int task)
    {
        foreach (string file in (string[])[Part(task), Result(task), Log(task), Chunk(task)]) System.IO.File.Delete(file);
    }

    /// <summary>Removes the folder. What a task writes meanwhile is left for the next to do so.</summary>
    public void Remove() => Remove(path);

    /// <summary>Removes a folder with all in it, as far as it can be.</summary>
    public static void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // A task that has not ended yet wrote into it.
        }
    }

    private string File(int task, string end) => Path.Combine(path, task.ToString(CultureInfo.InvariantCulture) + end);

    private IEnumerable<int> Tasks(string end) =>
        from file in Directory.EnumerateFiles(path, "*" + end)
        let name = Path.GetFileNameWithoutExtension(file)
        where int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        select int.Parse(name, CultureInfo.InvariantCulture);
}
