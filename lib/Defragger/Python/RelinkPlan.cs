namespace Defragger.Python;

/// <summary>The commands that make an executable of an installed Python with our main and malloc. Pure: words from words;
/// what they mean is told in <c>lib/Defragger.Native/python/README.md</c>.</summary>
internal sealed record RelinkPlan
{
    private RelinkPlan(IReadOnlyList<BuildCommand> compile, BuildCommand link, string output) =>
        (Compile, Link, Output) = (compile, link, output);

    /// <summary>One command for each C file.</summary>
    public IReadOnlyList<BuildCommand> Compile { get; }

    /// <summary>The last command.</summary>
    public BuildCommand Link { get; }

    /// <summary>The executable that it makes.</summary>
    public string Output { get; }

    /// <summary>All commands in their order.</summary>
    public IEnumerable<BuildCommand> Commands => [.. Compile, Link];

    /// <summary>What a linker takes for a Python.</summary>
    /// <param name="HasArchive">There is a libpythonX.Y.a; otherwise there is a shared library.</param>
    /// <param name="IsPositionIndependent">The stock executable is, and so are the objects of the archive.</param>
    /// <param name="LinkOptions">Options that the objects of the archive ask of the link, such as those of LTO.</param>
    public readonly record struct LibraryKind(bool HasArchive, bool IsPositionIndependent, IReadOnlyList<string> LinkOptions);

    /// <summary>The plan.</summary>
    /// <param name="installation">The Python.</param>
    /// <param name="kind">What its library is.</param>
    /// <param name="parts">Ours.</param>
    /// <param name="compiler">The words that call the C compiler.</param>
    /// <param name="objects">The folder for objects.</param>
    /// <param name="output">The executable to make.</param>
    /// <exception cref="FormatException">A build setting of the Python cannot be split into words.</exception>
    public static RelinkPlan Of(
        PythonInstallation installation, LibraryKind kind, PythonParts parts, IReadOnlyList<string> compiler, string objects,
        string output)
    {
        // -isystem: what the headers of an old Python warn of is not the user's to mend.
        string[] includes = [.. installation.Includes.SelectMany(folder => new[] { "-isystem", folder }), "-I", parts.Include];
        string[] options = [.. compiler.Skip(1)];
        List<BuildCommand> compile = [];
        List<string> made = [];
        foreach (string source in parts.Sources)
        {
            made.Add(Path.Combine(objects, Path.ChangeExtension(Path.GetFileName(source), ".o")));
            compile.Add(new BuildCommand(compiler[0], [.. options, "-O2", "-fPIE", .. includes, "-c", source, "-o", made[^1]]));
        }
        var link = new BuildCommand(compiler[0],
        [
            .. options, "-o", output, .. made, "-Wl,--export-dynamic",
            "-Wl,--whole-archive", parts.Library, "-Wl,--no-whole-archive",
            .. kind.HasArchive ? Archive(installation, kind) : Shared(installation),
            .. Words(installation, "LIBS"), .. Words(installation, "SYSLIBS"), .. Words(installation, "LINKFORSHARED"),
        ]);
        return new RelinkPlan(compile, link, output);
    }

    /// <summary>Whole, as extensions expect names that the interpreter itself does not use.</summary>
    private static IEnumerable<string> Archive(PythonInstallation installation, LibraryKind kind) =>
    [
        .. kind.LinkOptions, .. kind.IsPositionIndependent ? [] : new[] { "-no-pie" },
        "-Wl,--whole-archive", installation.Archive, "-Wl,--no-whole-archive", .. Words(installation, "MODLIBS"),
    ];

    private static IEnumerable<string> Shared(PythonInstallation installation)
    {
        string folder = installation.Names["LIBDIR"];
        // By its whole name: libpythonX.Y.a beside it must not be taken, nor another of the name in a system folder.
        return [$"-L{folder}", $"-Wl,-rpath,{folder}", $"-l:{installation.Names["LDLIBRARY"]}"];
    }

    private static IReadOnlyList<string> Words(PythonInstallation installation, string name) =>
        installation.Words.TryGetValue(name, out string? text) ? ShellWords.Split(text) : [];
}
