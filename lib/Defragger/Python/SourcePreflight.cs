using Defragger.Engines;

namespace Defragger.Python;

/// <summary>What a build of CPython from source needs: a missing header is found in the first second, and not by a module that is
/// missing after the last minute.</summary>
internal static class SourcePreflight
{
    private const string Mark = "missing ";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private static readonly (string Program, string Package)[] s_programs = [("make", "make"), ("tar", "tar"), ("ld", "binutils")];

    // Header, module of the standard library that needs it, package. The last ones a Python can do without.
    private static readonly (string Header, string Module, string Package, bool IsNeeded)[] s_headers =
    [
        ("stdio.h", "everything", "libc6-dev", true),
        ("zlib.h", "zlib", "zlib1g-dev", true),
        ("ffi.h", "ctypes", "libffi-dev", true),
        ("openssl/ssl.h", "ssl", "libssl-dev", true),
        ("bzlib.h", "bz2", "libbz2-dev", true),
        ("lzma.h", "lzma", "liblzma-dev", true),
        ("sqlite3.h", "sqlite3", "libsqlite3-dev", true),
        ("readline/readline.h", "readline", "libreadline-dev", true),
        ("ncurses.h", "curses", "libncurses-dev", true),
        ("uuid/uuid.h", "uuid", "uuid-dev", true),
        ("gdbm.h", "dbm.gnu", "libgdbm-dev", false),
        ("gdbm-ndbm.h", "dbm.ndbm", "libgdbm-compat-dev", false),
        ("tcl8.6/tk.h", "tkinter", "tk-dev", false),
    ];

    /// <summary>The compiler, after a look at everything that is needed.</summary>
    /// <param name="needsApt">The source is fetched by apt.</param>
    /// <param name="runner">Asks the compiler.</param>
    /// <param name="decided">Told what a Python will do without.</param>
    /// <param name="stop">Ends the look.</param>
    /// <exception cref="PythonRefusedException">Something is missing: all of it and the words to install it.</exception>
    public static IReadOnlyList<string> Check(bool needsApt, CommandRunner runner, Action<string> decided, CancellationToken stop)
    {
        var preflight = new Preflight();
        foreach ((string program, string package) in s_programs)
            if (ProgramPath.Find(program, "/") == null) preflight.Miss(program, package);
        // Debian's archives are compressed by xz, whatever their names say.
        if (needsApt && ProgramPath.Find("xz", "/") == null) preflight.Miss("xz", "xz-utils");
        if (needsApt && ProgramPath.Find("apt-get", "/") == null) preflight.Miss("apt-get", "apt");
        IReadOnlyList<string> compiler = preflight.Compiler();
        if (compiler.Count == 0)
        {
            string[] packages = [.. s_headers.Where(one => one.IsNeeded).Select(one => one.Package)];
            preflight.Miss("the headers of the standard library's modules", packages);
        }
        else
        {
            HashSet<string> missing = MissingHeaders(compiler, runner, stop);
            foreach ((string header, string module, string package, bool isNeeded) in s_headers)
            {
                if (!missing.Contains(header)) continue;
                if (isNeeded) preflight.Miss($"{header} (for {module})", package);
                else decided($"{module} will be missing: there is no {header} (apt-get install {package}).");
            }
        }
        preflight.Demand();
        return compiler;
    }

    /// <summary>What a compiler says of itself, and what machine it compiles for.</summary>
    public static string Describe(IReadOnlyList<string> compiler, CommandRunner runner, CancellationToken stop)
    {
        string version = Ask(compiler, ["--version"], runner, stop).StandardOutput.Split('\n')[0];
        return $"{version} {Ask(compiler, ["-dumpmachine"], runner, stop).StandardOutput.Trim()}";
    }

    /// <summary>Those that the compiler does not find.</summary>
    private static HashSet<string> MissingHeaders(IReadOnlyList<string> compiler, CommandRunner runner, CancellationToken stop)
    {
        string folder = Directory.CreateTempSubdirectory("defragger-").FullName;
        try
        {
            string file = Path.Combine(folder, "headers.c");
            IEnumerable<string> questions = s_headers.Select(one => $"#if !__has_include(<{one.Header}>)\n{Mark}{one.Header}\n#endif\n");
            File.WriteAllText(file, string.Concat(questions));
            IReadOnlyList<string> flags = ShellWords.Split(Environment.GetEnvironmentVariable("CPPFLAGS") ?? "");
            ProcessReport report = Ask(compiler, [.. flags, "-E", "-P", file], runner, stop);
            return [.. report.StandardOutput.Split('\n').Where(line => line.StartsWith(Mark, StringComparison.Ordinal))
                .Select(line => line[Mark.Length..].Trim())];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ProcessReport Ask(IReadOnlyList<string> compiler, string[] words, CommandRunner runner, CancellationToken stop)
    {
        ProcessReport report = runner.Capture(new BuildCommand(compiler[0], [.. compiler.Skip(1), .. words]), s_patience, stop);
        return CommandRunner.Failure(report) is string failure
            ? throw new PythonRefusedException(PythonRefusal.ToolMissing,
                $"The C compiler '{string.Join(' ', compiler)}' cannot be used: {failure}. "
                + PythonProbe.LastLine(report.StandardError), compiler[0])
            : report;
    }
}
