namespace Defragger.Python;

/// <summary>What of ours is linked into a Python: the folder <c>python/</c> of the module.</summary>
/// <remarks>
/// <code>
/// src/*.c, src/*.h    our main, the domains, the built-in module
/// include/            defragger.h
/// lib/                libdefragger.a
/// stubs/              the stub package defragger-stubs
/// </code>
/// </remarks>
internal sealed record PythonParts
{
    private readonly string _folder;

    /// <param name="folder">Full path of the folder.</param>
    /// <exception cref="PythonRefusedException">Something of it is missing.</exception>
    public PythonParts(string folder)
    {
        _folder = folder;
        Sources = Directory.Exists(SourceFolder)
            ? [.. Directory.GetFiles(SourceFolder, "*.c").Order(StringComparer.Ordinal)] : [];
        string[] needed =
        [
            Path.Combine(SourceFolder, "main.c"), Path.Combine(Include, "defragger.h"), Library, Path.Combine(Stubs, "__init__.pyi"),
        ];
        if (Array.Find(needed, path => !File.Exists(path)) is string missing)
        {
            throw new PythonRefusedException(PythonRefusal.Incomplete,
                $"The module is not whole: '{missing}' is missing. Build or install it again.", missing);
        }
    }

    /// <summary>The C files, in order of their names.</summary>
    public IReadOnlyList<string> Sources { get; }

    /// <summary>The folder of defragger.h.</summary>
    public string Include => Path.Combine(_folder, "include");

    /// <summary>The archive of the malloc.</summary>
    public string Library => Path.Combine(_folder, "lib", "libdefragger.a");

    /// <summary>The folder that is the stub package.</summary>
    public string Stubs => Path.Combine(_folder, "stubs", "defragger-stubs");

    private string SourceFolder => Path.Combine(_folder, "src");
}
