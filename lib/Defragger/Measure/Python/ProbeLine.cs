using System.Text.Json;
using System.Text.Json.Serialization;

namespace Defragger.Measure.Python;

/// <summary>A line that the probe wrote; the fields are told in probe/_defragger_probe.py. Sizes are bytes.</summary>
internal sealed record ProbeLine
{
    public string Kind { get; init; } = "";
    public double Seconds { get; init; }
    public string? Python { get; init; }
    public string? Allocator { get; init; }
    public ProbeSample? Sample { get; init; }
    public ProbeCensus? Census { get; init; }
    public ProbeWalk? Walk { get; init; }
    public string? Line { get; init; }
    public long Freed { get; init; }
    public ProbeSample? Before { get; init; }
    public ProbeSample? After { get; init; }
    public ProbeUnreachable? Unreachable { get; init; }

    /// <summary>Reads what a probe wrote; a last line that was cut is passed over.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="FormatException">A line is none of the probe's.</exception>
    public static IEnumerable<ProbeLine> Read(string path)
    {
        using var reader = new StreamReader(path);
        int number = 0;
        while (reader.ReadLine() is string line)
        {
            number++;
            ProbeLine? found = Parse(line);
            if (found == null && reader.EndOfStream) yield break;
            yield return found ?? throw new FormatException($"line {number} of '{path}' is none of the probe's.");
        }
    }

    /// <summary>A line; null when it is none.</summary>
    internal static ProbeLine? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ProbeJson.Default.ProbeLine) is { Kind.Length: > 0 } found ? found : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The allocator and the collector at one moment.</summary>
internal sealed record ProbeSample
{
    public long? Live { get; init; }
    public long? Heap { get; init; }
    public long Blocks { get; init; }
    public long? Pymalloc { get; init; }
    public long Dirty { get; init; }
    public long Anonymous { get; init; }
    public long Collections { get; init; }
    public long Collected { get; init; }
    public long Uncollectable { get; init; }
}

/// <summary>What the collector tracks.</summary>
internal sealed record ProbeCensus
{
    public long Tracked { get; init; }
    public Dictionary<string, long> Types { get; init; } = [];
    public ProbeLargest? Largest { get; init; }
}

/// <summary>The largest object.</summary>
internal sealed record ProbeLargest
{
    public string Type { get; init; } = "";
    public long Bytes { get; init; }
    public long? Length { get; init; }
}

/// <summary>All that Python can reach.</summary>
internal sealed record ProbeWalk
{
    public long Objects { get; init; }
    public long Bytes { get; init; }
    public long Large { get; init; }
    public long Pages { get; init; }
    public ProbeLargest? Largest { get; init; }
    public Dictionary<string, long> Types { get; init; } = [];
}

/// <summary>What only the collector could find at the end.</summary>
internal sealed record ProbeUnreachable
{
    public long Objects { get; init; }
    public Dictionary<string, long> Types { get; init; } = [];
    public List<string> Finalizers { get; init; } = [];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProbeLine))]
internal sealed partial class ProbeJson : JsonSerializerContext;
