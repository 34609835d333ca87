using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Defragger.Python;

/// <summary>A Python that takes all its memory from Defragger, and how it was made. Its record lies in its folder.</summary>
public sealed record DefragPython
{
    /// <summary>The name of the record in the folder.</summary>
    internal const string RecordName = "defragger-python.json";

    /// <summary>The name of the log of its build in the folder.</summary>
    internal const string LogName = "defragger-python.log";

    /// <summary>Full path of its folder.</summary>
    [JsonIgnore]
    public string Path { get; init; } = "";

    /// <summary>Full path of its executable.</summary>
    [JsonIgnore]
    public string Executable => System.IO.Path.Combine(Path, "bin", Name);

    /// <summary>The name of its executable, such as python3.11.</summary>
    public required string Name { get; init; }

    /// <summary>Of the Python, such as 3.11.2.</summary>
    public required string Version { get; init; }

    /// <summary>Of the allocator, such as 0.1.0.</summary>
    public required string AllocatorVersion { get; init; }

    /// <summary>SHA-256 of the executable, in hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The tag of its compiled extensions, such as cpython-311-x86_64-linux-gnu.</summary>
    public required string Soabi { get; init; }

    /// <summary>What it was made from.</summary>
    public required PythonMethod Method { get; init; }

    /// <summary>The executable of the stock Python that it was linked from and compared with.</summary>
    public required string Stock { get; init; }

    /// <summary>Of the source that it was built from; null when it was not.</summary>
    public string? SourceSha256 { get; init; }

    /// <summary>How it was optimised; null when it was not built from source.</summary>
    public PythonOptimization? Optimize { get; init; }

    /// <summary>More words that configure was given.</summary>
    public IReadOnlyList<string> Configure { get; init; } = [];

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>What was done, in order, with the time it took.</summary>
    public required IReadOnlyList<PythonStage> Stages { get; init; }

    /// <summary>What was checked before it was placed.</summary>
    public required IReadOnlyList<PythonCheck> Checks { get; init; }

    /// <summary>The log of the build.</summary>
    [JsonIgnore]
    public string LogPath => System.IO.Path.Combine(Path, LogName);

    /// <summary>All of the build's time.</summary>
    [JsonIgnore]
    public TimeSpan Duration => Stages.Aggregate(TimeSpan.Zero, (sum, stage) => sum + stage.Duration);

    /// <summary>The Python in a folder; null when no build made it.</summary>
    /// <param name="folder">Full path.</param>
    /// <exception cref="IOException">Its record cannot be read.</exception>
    /// <exception cref="InvalidDataException">Its record is damaged.</exception>
    internal static DefragPython? Read(string folder)
    {
        string record = System.IO.Path.Combine(folder, RecordName);
        if (!File.Exists(record)) return null;
        try
        {
            DefragPython? read = JsonSerializer.Deserialize(File.ReadAllText(record), PythonJson.Default.DefragPython);
            return read != null ? read.In(folder) : throw new InvalidDataException($"'{record}' is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{record}' is no record of a build: {e.Message}", e);
        }
    }

    /// <summary>The same with the folder where it lies: a folder may be moved, and its parts move along.</summary>
    internal DefragPython In(string folder) => this with { Path = folder, Stock = System.IO.Path.Combine(folder, Stock) };

    /// <summary>Writes the record into a folder.</summary>
    internal void Write(string folder) => File.WriteAllText(
        System.IO.Path.Combine(folder, RecordName), JsonSerializer.Serialize(this, PythonJson.Default.DefragPython) + "\n");

    /// <summary>SHA-256 of a file, in hexadecimal digits.</summary>
    internal static string HashOf(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(stream)).ToLowerInvariant();
    }
}

/// <summary>What a Python was made from.</summary>
public enum PythonMethod
{
    /// <summary>An installed Python: it keeps that one's library, and only its executable is new.</summary>
    FromInstalled,

    /// <summary>Its source: it has a library of its own.</summary>
    FromSource,
}

/// <summary>A stage of a build.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Duration">The time it took.</param>
public sealed record PythonStage(string Name, TimeSpan Duration)
{
    /// <summary>Both.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} {Duration.TotalSeconds:0.00} s");
}

/// <summary>One thing that was checked of a Python.</summary>
/// <param name="Name">What.</param>
/// <param name="Status">How it came out.</param>
/// <param name="Detail">What was seen; for a failure what was expected, for a skipped check why.</param>
public sealed record PythonCheck(string Name, PythonCheckStatus Status, string Detail)
{
    /// <summary>Name and status.</summary>
    public override string ToString() => $"{Name}: {Status}";
}

/// <summary>How a check came out.</summary>
public enum PythonCheckStatus
{
    /// <summary>It is so.</summary>
    Passed,

    /// <summary>It is not so.</summary>
    Failed,

    /// <summary>It could not be checked here.</summary>
    Skipped,
}

[JsonSourceGenerationOptions(
    WriteIndented = true, UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DefragPython))]
internal sealed partial class PythonJson : JsonSerializerContext;
