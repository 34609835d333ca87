namespace Defragger.Bench;

/// <summary>Where the benchmark's own files are.</summary>
internal static class Repository
{
    /// <summary>The repository's root: the program lies below it, the caller may be anywhere.</summary>
    /// <exception cref="InvalidOperationException">The program was moved out of it.</exception>
    public static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "Defragger.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The benchmark runs from within the repository.");
    }
}
