using System.Text.RegularExpressions;
using Defragger.Files;

namespace Defragger.Python;

/// <summary>The log of a build: each command as a line, then what it printed.</summary>
internal sealed partial class BuildLog
{
    private const int TailLines = 40;
    private const int LongestLine = 2000;

    /// <summary>Begins an empty log that others cannot read.</summary>
    /// <param name="path">Full path; its folder exists.</param>
    /// <exception cref="IOException">It cannot be made, or exists.</exception>
    public BuildLog(string path)
    {
        Path = path;
        PrivatePath.OpenFile(path, FileMode.CreateNew).Dispose();
    }

    /// <summary>Full path of the file.</summary>
    public string Path { get; }

    /// <summary>Adds a command's line.</summary>
    public void Write(BuildCommand command) => Write($"$ {command}");

    /// <summary>Adds a line.</summary>
    public void Write(string line) => File.AppendAllText(Path, line + "\n");

    /// <summary>What the log says of a failure: its first line that tells of an error, if there is one, and its last lines.</summary>
    /// <remarks>One pass in constant memory; a line is cut at 2,000 characters.</remarks>
    public (string? FirstError, IReadOnlyList<string> Tail) ReadFailure()
    {
        string? first = null;
        var tail = new Queue<string>(TailLines + 1);
        foreach (string line in File.ReadLines(Path))
        {
            string shown = line.Length > LongestLine ? line[..LongestLine] + " ..." : line;
            if (first == null && !shown.StartsWith("$ ", StringComparison.Ordinal) && ErrorLine().IsMatch(shown)) first = shown;
            tail.Enqueue(shown);
            if (tail.Count > TailLines) tail.Dequeue();
        }
        return (first, [.. tail]);
    }

    /// <summary>As compilers, linkers, configure, make and Python begin to tell of an error.</summary>
    [GeneratedRegex(@"\berror:|\bundefined reference\b|cannot find -l|^E: |^make.*\*\*\*|^\w*(Error|Exception): ", RegexOptions.CultureInvariant)]
    private static partial Regex ErrorLine();
}
