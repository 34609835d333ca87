using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Defragger.Compare;

namespace Defragger.Cluster;

/// <summary>A chunk: the cases of one task, as JSON Lines after a header.</summary>
internal static class ChunkFile
{
    /// <summary>Writes a chunk.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, ChunkHeader header, IEnumerable<ChunkCase> cases)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 64 * 1024);
        Add(header, ChunkJson.Default.ChunkHeader);
        foreach (ChunkCase one in cases) Add(one, ChunkJson.Default.ChunkCase);

        void Add<T>(T value, JsonTypeInfo<T> type)
        {
            JsonSerializer.Serialize(file, value, type);
            file.WriteByte((byte)'\n');
        }
    }

    /// <summary>Reads a chunk.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is no chunk.</exception>
    public static (ChunkHeader Header, IReadOnlyList<ChunkCase> Cases) Read(string path)
    {
        try
        {
            using IEnumerator<string> lines = File.ReadLines(path).GetEnumerator();
            ChunkHeader? header = lines.MoveNext() ? JsonSerializer.Deserialize(lines.Current, ChunkJson.Default.ChunkHeader) : null;
            if (header?.Chunk != ChunkHeader.Version) throw new FormatException($"'{path}' is no chunk of layout {ChunkHeader.Version}.");
            List<ChunkCase> cases = [];
            while (lines.MoveNext()) cases.Add(JsonSerializer.Deserialize(lines.Current, ChunkJson.Default.ChunkCase)!);
            return (header, cases);
        }
        catch (JsonException e)
        {
            throw new FormatException($"'{path}' is no chunk: {e.Message}", e);
        }
    }

    /// <summary>The results that a task has written, whole or not: the last line of each case.</summary>
    /// <remarks>A line that is not whole ends the reading: what came after it was not written yet, or never came here.</remarks>
    /// <param name="path">A journal; one that is not there has no lines.</param>
    public static Dictionary<string, JournalLine> ReadResults(string path)
    {
        var found = new Dictionary<string, JournalLine>();
        try
        {
            foreach (string line in File.ReadLines(path).Skip(1))
            {
                JournalLine one = JsonSerializer.Deserialize(line, JournalJson.Default.JournalLine) ?? throw new JsonException("null");
                found[one.Result.Case] = one;
            }
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            // Cut, or nothing at all: what is not told has no result.
        }
        return found;
    }
}
