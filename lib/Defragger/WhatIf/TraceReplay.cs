using System.Diagnostics;
using System.IO.Compression;
using Defragger.Traces;

namespace Defragger.WhatIf;

/// <summary>Replays a recording or a trace's text by the program defrag-trace, which streams it.</summary>
internal static class TraceReplay
{
    /// <summary>Replays a file under all policies.</summary>
    /// <param name="program">The program defrag-trace.</param>
    /// <param name="path">A recording, or the text of a trace, which may be compressed ('.gz').</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="FormatException">It is no trace, or needs more than can be replayed; the message tells.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static ReplayReport Run(string program, string path, CancellationToken stop) =>
        Read(program, path, [], ReplayReport.Read, stop);

    /// <summary>Writes pictures of our heap at moments of a replay, as df_malloc_snapshot does.</summary>
    /// <param name="program">The program defrag-trace.</param>
    /// <param name="path">A recording or a trace's text, not compressed.</param>
    /// <param name="count">How many; the last is the end.</param>
    /// <param name="prefix">What the files' names begin with; four digits follow.</param>
    /// <param name="stop">Ends it.</param>
    /// <inheritdoc cref="Run" path="/exception"/>
    public static void Snapshots(string program, string path, int count, string prefix, CancellationToken stop) =>
        Read(program, path, ["--core", "--snapshots", $"{count}", prefix], text => text.ReadToEnd(), stop);

    private static T Read<T>(string program, string path, string[] options, Func<TextReader, T> read, CancellationToken stop)
    {
        bool isCompressed = path.EndsWith(".gz", StringComparison.Ordinal);
        using FileStream file = File.OpenRead(path); // here, for an error that says which file
        var start = new ProcessStartInfo(program, [.. options, isCompressed ? "-" : path])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        using CancellationTokenRegistration kill = stop.Register(() => process.Kill());
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        Task feeding = Task.Run(() => Feed(process, isCompressed ? file : null), CancellationToken.None);
        T? found = default;
        FormatException? fault = null;
        try
        {
            found = read(process.StandardOutput);
        }
        catch (FormatException e)
        {
            fault = e; // the program's own words, below, are better
        }
        process.WaitForExit();
        stop.ThrowIfCancellationRequested();
        feeding.GetAwaiter().GetResult();
        if (process.ExitCode != 0) throw new FormatException(Reason(errors.Result, path));
        return fault == null ? found! : throw fault;
    }

    // The program may end first: that is for its exit code to tell.
    private static void Feed(Process process, FileStream? compressed)
    {
        using Stream input = process.StandardInput.BaseStream;
        if (compressed == null) return;
        using var content = new WholeGZipStream(compressed);
        byte[] some = new byte[64 * 1024];
        for (int length; (length = content.Read(some, 0, some.Length)) > 0;)
        {
            try
            {
                input.Write(some, 0, length);
            }
            catch (IOException)
            {
                return;
            }
        }
    }

    private static string Reason(string errors, string path)
    {
        string line = errors.Trim().Split('\n')[^1].Replace("defrag-trace: ", "", StringComparison.Ordinal).Replace("'-'", $"'{path}'", StringComparison.Ordinal);
        return line.Length > 0 ? line.TrimEnd('.') : $"'{path}': defrag-trace ended without a word";
    }
}
