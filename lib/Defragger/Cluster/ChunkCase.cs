using System.Text.Json;
using System.Text.Json.Serialization;
using Defragger.Admission;

namespace Defragger.Cluster;

/// <summary>A case as a task gets it: what to run, and what is known of it. One line of a chunk.</summary>
internal sealed record ChunkCase
{
    /// <summary>Its name.</summary>
    public required string Case { get; init; }

    /// <summary>The baseline's file.</summary>
    public string? Baseline { get; init; }

    /// <summary>The candidate's file.</summary>
    public string? Candidate { get; init; }

    /// <summary>Files that it is compared with besides.</summary>
    public IReadOnlyList<string> Further { get; init; } = [];

    /// <summary>The program that compares it.</summary>
    public required string Program { get; init; }

    /// <summary>The program's arguments.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Where the program starts; null for wherever the task is.</summary>
    public string? Directory { get; init; }

    /// <summary>Bytes that it is expected to need.</summary>
    public long Need { get; init; }

    /// <summary>What that was predicted from.</summary>
    public PredictionSource Source { get; init; }

    /// <summary>Seconds that it is expected to take.</summary>
    public double Seconds { get; init; }

    /// <summary>Its memory class.</summary>
    public int Class { get; init; }

    /// <summary>How often it ran out of memory in this run.</summary>
    public int Kills { get; init; }

    /// <summary>How often its task ended without having compared it, though it had the time.</summary>
    public int Losses { get; init; }
}

/// <summary>A chunk's first line: what holds for all its cases.</summary>
/// <param name="Chunk">The layout of the file.</param>
/// <param name="Comparer">The comparer's identity.</param>
/// <param name="MustReport">The comparer must print its JSON line.</param>
/// <param name="TimeoutSeconds">Time limit of a case; null for none.</param>
/// <param name="CaseMemoryLimit">Memory limit of a case, in bytes; null for none.</param>
/// <param name="Within">Directories that links must not lead out of; none if they may.</param>
/// <param name="Logs">Full path of the directory for what failed comparers print.</param>
/// <param name="Seconds">No case is begun after so many seconds: the rest is cut anew, with what was learned.</param>
internal sealed record ChunkHeader(
    int Chunk, string Comparer, bool MustReport, double? TimeoutSeconds, long? CaseMemoryLimit, IReadOnlyList<string> Within,
    string Logs, double Seconds)
{
    /// <summary>The layout that this version writes and reads.</summary>
    public const int Version = 1;
}

/// <summary>The text of a chunk's lines, and of what an array is kept with.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ChunkHeader))]
[JsonSerializable(typeof(ChunkCase))]
[JsonSerializable(typeof(ArrayRequest))]
[JsonSerializable(typeof(ClusterRecord))]
internal sealed partial class ChunkJson : JsonSerializerContext;
