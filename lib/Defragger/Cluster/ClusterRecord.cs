using System.Text.Json;
using Defragger.Files;

namespace Defragger.Cluster;

/// <summary>What a killed run left in its folder, so that the next one knows whether its tasks are of use.</summary>
/// <param name="Comparer">The comparer's identity.</param>
internal sealed record ClusterRecord(string Comparer)
{
    /// <summary>Reads what lies in a folder; null when there is nothing that makes sense.</summary>
    public static ClusterRecord? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(PathIn(folder)), ChunkJson.Default.ClusterRecord);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes it into a folder.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string folder) =>
        AtomicFile.Write(PathIn(folder), JsonSerializer.SerializeToUtf8Bytes(this, ChunkJson.Default.ClusterRecord));

    private static string PathIn(string folder) => Path.Combine(folder, "run.json");
}
