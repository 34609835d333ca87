using System.Globalization;
using Defragger.Traces;
using Defragger.Views;

namespace Defragger.WhatIf;

/// <summary>Heap maps of a trace: our heap at moments of its replay.</summary>
internal static class TraceMaps
{
    /// <summary>Whether a file is a recording or a trace's text, by how it begins.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static bool IsTrace(string path)
    {
        if (path.EndsWith(".gz", StringComparison.Ordinal)) return true;
        Span<byte> begin = stackalloc byte[8];
        using FileStream file = File.OpenRead(path);
        begin = begin[..file.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false)];
        return begin.StartsWith("dfrecord"u8) || begin.StartsWith("#"u8) || begin.StartsWith("h "u8);
    }

    /// <summary>Replays a trace and gives the heap at moments equally far from each other, the last at the end.</summary>
    /// <param name="program">The program defrag-trace.</param>
    /// <param name="path">A recording or a trace's text, which may be compressed ('.gz').</param>
    /// <param name="count">How many moments.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="FormatException">It is no trace.</exception>
    public static IReadOnlyList<HeapMap> Read(string program, string path, int count, CancellationToken stop)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("defrag-map-"); // mode 0700
        try
        {
            TraceReplay.Snapshots(program, Plain(path, folder.FullName), count, Path.Combine(folder.FullName, "at-"), stop);
            string[] files = Directory.GetFiles(folder.FullName, "at-*");
            if (files.Length == 0) throw new FormatException($"'{path}' has no operation: there is nothing to draw");
            Array.Sort(files, StringComparer.Ordinal);
            return [.. files.Select((file, i) => SnapshotReader.Read(file) with { Name = NameOf(path, i + 1, files.Length) })];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string NameOf(string path, int moment, int count) => moment == count
        ? $"{Path.GetFileName(path)}, the end"
        : string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}, after {100.0 * moment / count:0} %");

    // The replay reads twice: to count the events, and to carry them out.
    private static string Plain(string path, string folder)
    {
        if (!path.EndsWith(".gz", StringComparison.Ordinal)) return path;
        string plain = Path.Combine(folder, "trace");
        using FileStream compressed = File.OpenRead(path);
        using var content = new WholeGZipStream(compressed);
        using FileStream file = File.Create(plain);
        content.CopyTo(file);
        return plain;
    }
}
