using System.Text.Json;
using System.Text.Json.Serialization;
using Defragger.Files;

namespace Defragger.Compare;

/// <summary>What a running run is asked to change; null leaves a value as it is.</summary>
/// <param name="ThrottleLimit">The most cases at once, 1 to 4096.</param>
/// <param name="MemoryBudget">Used memory to stay within: an amount or a share.</param>
public sealed record RunChange(int? ThrottleLimit, string? MemoryBudget)
{
    /// <summary>The most workers that can be asked for.</summary>
    public const int MostWorkers = 4096;

    /// <summary>The limits after the change.</summary>
    /// <exception cref="FormatException">A value makes no sense.</exception>
    internal RunLimits ApplyTo(RunLimits limits) => new(
        ThrottleLimit is int workers
            ? workers is >= 1 and <= MostWorkers ? workers
                : throw new FormatException($"throttleLimit is {workers}, and not from 1 to {MostWorkers}")
            : limits.ThrottleLimit,
        MemoryBudget is string budget ? MemorySize.Parse(budget) : limits.Budget);
}

/// <summary>The file by which a run is told to change while it goes on: control.json in its output directory.</summary>
/// <remarks>It is written beside and renamed, so that it is never half there, and looked at once a tick by its time and size.
/// A process that cannot write to the directory cannot control the run.</remarks>
internal sealed class ControlFile(string path)
{
    private const int MostBytes = 4096;

    private FileStamp _seen = FileStamp.None;

    /// <summary>Full path of the file.</summary>
    public string Path => path;

    /// <summary>The change that is asked for, when the file is another than when it was looked at last; else null.</summary>
    /// <exception cref="FormatException">The file makes no sense. It is told once.</exception>
    public RunChange? Changed()
    {
        FileStamp now = FileStamp.Of(path);
        if (now == _seen) return null;
        _seen = now;
        return now == FileStamp.None ? null : Read(path);
    }

    /// <summary>Reads a change.</summary>
    /// <exception cref="FormatException">The file makes no sense.</exception>
    public static RunChange Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > MostBytes) throw new FormatException($"it has {file.Length} bytes, more than {MostBytes}");
            return JsonSerializer.Deserialize(file, ControlJson.Default.RunChange) ?? throw new FormatException("it is null");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <summary>Asks for a change.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be written.</exception>
    public static void Write(string path, RunChange change) =>
        AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(change, ControlJson.Default.RunChange));
}

/// <summary>The text of the control file.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunChange))]
internal sealed partial class ControlJson : JsonSerializerContext;
