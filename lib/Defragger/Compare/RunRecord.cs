using System.Text.Json;
using System.Text.Json.Serialization;
using Defragger.Comparers.Rules;
using Defragger.Files;
using Defragger.Reports;

namespace Defragger.Compare;

/// <summary>What a run was asked, and what it met: the file run.json beside the journal, for reports.</summary>
/// <remarks>Written when a run begins, and again when it is over; of a run that was gone on with it tells the last part. A report
/// needs it to give the reason of an ignore rule, and to say why a run could not go on.</remarks>
internal sealed record RunRecord
{
    private const int MostBytes = 32 << 20; // ignore rules alone may have half of it

    /// <summary>Why it could not go on; null when it could.</summary>
    public string? Failure { get; init; }

    /// <summary>The most used memory of the machine that was seen, in bytes.</summary>
    public long PeakUsed { get; init; }

    /// <summary>The memory there was to share, in bytes.</summary>
    public long TotalMemory { get; init; }

    /// <summary>How often the kernel killed a case for want of memory.</summary>
    public long KernelKills { get; init; }

    /// <summary>How often the run ended a case to save memory.</summary>
    public long OwnKills { get; init; }

    /// <summary>The most cases at once that were asked for.</summary>
    public int ThrottleLimit { get; init; }

    /// <summary>How it was decided how many cases may start.</summary>
    public ThrottlePolicy Throttle { get; init; }

    /// <summary>PATTERN=BOUND of each tolerance.</summary>
    public IReadOnlyList<string> Tolerances { get; init; } = [];

    /// <summary>Further runs of the baseline, by which noise was known.</summary>
    public IReadOnlyList<string> FurtherBaselines { get; init; } = [];

    /// <summary>The file that the ignore rules are from; null for none.</summary>
    public string? IgnoreRuleFile { get; init; }

    /// <summary>The ignore rules, in the order of their file.</summary>
    public IReadOnlyList<IgnoreRule> IgnoreRules { get; init; } = [];

    /// <summary>Names of the reports in the directory: the next run removes what would no longer be true.</summary>
    public IReadOnlyList<string> Reports { get; init; } = [];

    /// <summary>What is known when a run begins.</summary>
    public static RunRecord Of(RunOptions options) => new()
    {
        ThrottleLimit = options.ThrottleLimit,
        Throttle = options.Throttle,
        Tolerances = options.Tolerances,
        FurtherBaselines = options.FurtherBaselines,
        IgnoreRuleFile = options.IgnoreRuleFile,
        IgnoreRules = options.IgnoreRules,
        Reports = [.. options.Reports.Select(ReportFiles.NameOf)],
    };

    /// <summary>The record of a run that is over.</summary>
    public RunRecord With(CompareSummary summary) => this with
    {
        PeakUsed = summary.PeakUsed,
        TotalMemory = summary.TotalMemory,
        KernelKills = summary.KernelKills,
        OwnKills = summary.OwnKills,
    };

    /// <summary>Writes the file, beside and then renamed.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string path) =>
        AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, RunRecordJson.Default.RunRecord));

    /// <summary>Reads the file; null when there is none, as in the directory of a run before there was such a file.</summary>
    /// <exception cref="FormatException">It is no record of a run.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RunRecord? Read(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            if (new FileInfo(path).Length > MostBytes) throw new FormatException($"'{path}' is no record of a run: it is longer than {MostBytes >> 20} MiB.");
            RunRecord? read = JsonSerializer.Deserialize(File.ReadAllBytes(path), RunRecordJson.Default.RunRecord);
            if (read == null || (read.IgnoreRules ?? []).Any(rule => rule?.Reason == null))
                throw new FormatException($"'{path}' is no record of a run: a part of it is null.");
            // The reader leaves null what a record of another version does not have.
            return read with
            {
                Tolerances = read.Tolerances ?? [], FurtherBaselines = read.FurtherBaselines ?? [],
                IgnoreRules = read.IgnoreRules ?? [], Reports = read.Reports ?? [],
            };
        }
        catch (JsonException e)
        {
            throw new FormatException($"'{path}' is no record of a run: {e.Message}", e);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class RunRecordJson : JsonSerializerContext;
