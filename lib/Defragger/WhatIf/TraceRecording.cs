using Defragger.Engines;

namespace Defragger.WhatIf;

/// <summary>Recordings of a program and of all that it starts: a file for each process that allocates.</summary>
internal static class TraceRecording
{
    private const string Extension = ".recording", GraphExtension = ".svg";

    /// <summary>The program, started so that it records.</summary>
    /// <param name="program">The program.</param>
    /// <param name="env">The program env, which sets the variables for it alone: what starts it allocates too.</param>
    /// <param name="library">The path of libdefragger.so.</param>
    /// <param name="directory">Where the recordings go: a directory that is there.</param>
    /// <param name="isPython">It is a Python, whose own allocator for small objects shall leave them to malloc.</param>
    /// <exception cref="FormatException">A path cannot be given to it; the message tells which and why.</exception>
    public static ProcessSpec Of(ProcessSpec program, string env, string library, string directory, bool isPython)
    {
        if (library.AsSpan().IndexOfAny(' ', ':') >= 0)
            throw new FormatException($"LD_PRELOAD can hold no path with a blank or a colon, as '{library}' has");
        if (program.Program.Contains('=', StringComparison.Ordinal))
            throw new FormatException($"env takes '{program.Program}' for a variable, since it has a '='");
        if (directory.Contains("%p", StringComparison.Ordinal))
            throw new FormatException($"the library reads '%p' as the process id, and '{directory}' has it");
        string[] variables = [$"LD_PRELOAD={library}", $"DEFRAGGER_RECORD={Path.Combine(directory, "%p" + Extension)}"];
        return program with
        {
            Program = env,
            Arguments = [.. variables, .. isPython ? ["PYTHONMALLOC=malloc"] : Array.Empty<string>(), program.Program, .. program.Arguments],
        };
    }

    /// <summary>The recordings in a directory, the largest first: PROCESS.recording, and PROCESS.recording.2 of what the process
    /// became by exec.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<FileInfo> In(string directory) =>
        [.. Files(directory).Where(file => !file.Name.EndsWith(GraphExtension, StringComparison.Ordinal))
            .OrderByDescending(file => file.Length).ThenBy(file => file.Name, StringComparer.Ordinal)];

    /// <summary>The graph beside a recording.</summary>
    public static string GraphName(string path) => Path.GetFileName(path) + GraphExtension;

    /// <summary>Removes recordings and their graphs.</summary>
    /// <exception cref="IOException">One cannot be removed.</exception>
    public static void Clear(string directory)
    {
        foreach (FileInfo file in Files(directory)) file.Delete();
    }

    // Named by a process: what else somebody keeps there is not ours.
    private static FileInfo[] Files(string directory) =>
        [.. new DirectoryInfo(directory).EnumerateFiles("*" + Extension + "*").Where(file => char.IsAsciiDigit(file.Name[0]))];
}
