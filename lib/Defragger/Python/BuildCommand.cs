namespace Defragger.Python;

/// <summary>A program to run, as words; no shell reads them.</summary>
/// <param name="Program">A path, or a name to look up in PATH.</param>
/// <param name="Arguments">The words after it.</param>
internal sealed record BuildCommand(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>Where it starts; null for the caller's own folder.</summary>
    public string? Directory { get; init; }

    /// <summary>Variables that it has beside those of <see cref="CommandRunner"/>.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The command as a line for people and for shells.</summary>
    public override string ToString()
    {
        IEnumerable<string> settings = Environment.Select(one => $"{one.Key}={one.Value}");
        string line = ShellWords.Join([.. settings, Program, .. Arguments]);
        return Directory == null ? line : $"cd {ShellWords.Join([Directory])} && {line}";
    }
}
