using System.Text.Json;
using System.Text.Json.Serialization;
using Defragger.Compare;
using Defragger.Files;

namespace Defragger.Runs;

/// <summary>How a run ended, in a small file beside its journal: runs are listed without reading their journals.</summary>
/// <param name="Journal">Bytes of the journal at that moment.</param>
/// <param name="Started">When the run was started, as the journal's header has it.</param>
/// <param name="Ended">When it ended.</param>
/// <param name="Elapsed">Wall-clock time of the run, of all its parts when it was gone on with.</param>
/// <param name="Stopped">It was stopped before its end.</param>
/// <param name="ExitCode">The exit code that it had.</param>
/// <param name="Cases">Cases by how they came out; those that did not occur are left out.</param>
/// <remarks>Not a line of the journal, so that whoever reads journals line by line meets results only. It holds for one
/// length of one journal: of a run that was started again, or gone on with and killed, it says nothing.</remarks>
internal sealed record RunEnd(
    long Journal, DateTimeOffset Started, DateTimeOffset Ended, TimeSpan Elapsed, bool Stopped, int ExitCode,
    IReadOnlyDictionary<CaseStatus, long> Cases)
{
    private const int MostBytes = 64 * 1024;

    /// <summary>How the run in a directory ended, or null when nothing is told of it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="journal">The journal that it must be of.</param>
    /// <param name="header">That journal's header.</param>
    public static RunEnd? Read(string path, string journal, JournalHeader header)
    {
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists || info.Length > MostBytes) return null;
            RunEnd? end = JsonSerializer.Deserialize(File.ReadAllBytes(path), RunEndJson.Default.RunEnd);
            return end?.Cases != null && end.Started == header.Started && end.Journal == new FileInfo(journal).Length ? end : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null; // the journal itself says what there is to know
        }
    }

    /// <summary>Tells how a run ended; an earlier file is replaced.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be written.</exception>
    public void Write(string path) =>
        AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, RunEndJson.Default.RunEnd));
}

/// <summary>The text of the file.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    Converters = [typeof(SecondsConverter)])]
[JsonSerializable(typeof(RunEnd))]
internal sealed partial class RunEndJson : JsonSerializerContext;
