namespace Defragger.Python;

/// <summary>How a CPython is optimised by its own build.</summary>
[Flags]
public enum PythonOptimization
{
    /// <summary>By the compiler alone (-O3).</summary>
    None = 0,

    /// <summary>By a profile: built, run over a part of its own tests, and built again (--enable-optimizations).</summary>
    PGO = 1,

    /// <summary>By the linker (--with-lto).</summary>
    LTO = 2,
}

/// <summary>The commands that make a stock Python of a source: words from words.</summary>
/// <param name="Source">The folder of the source, where it is built.</param>
/// <param name="Prefix">Where it is to lie.</param>
/// <param name="Root">The folder that stands for '/' when it is installed.</param>
/// <param name="Jobs">Compilers at once.</param>
/// <param name="Optimize">How it is optimised.</param>
/// <param name="Configure">More words for configure.</param>
internal sealed record SourcePlan(
    string Source, string Prefix, string Root, int Jobs, PythonOptimization Optimize, IReadOnlyList<string> Configure)
{
    // What they would change is decided here, or would make a Python that cannot be linked with.
    private static readonly (string Word, string Why)[] s_refused =
    [
        ("--prefix", "the place is -Destination"),
        ("--exec-prefix", "the place is -Destination"),
        ("--libdir", "a Python that is moved looks for its library in lib"),
        ("--enable-shared", "the executable is linked with the static library"),
        ("--without-static-libpython", "the executable is linked with the static library"),
        ("--disable-gil", "a free-threaded Python finds its objects by the pages of an allocator of its own"),
        ("--enable-optimizations", "say -Optimize PGO"),
        ("--with-lto", "say -Optimize LTO"),
        ("--without-pymalloc", "PYTHONMALLOC=pymalloc is the way back to the stock allocator"),
        ("--host", "the result is run to check it"),
    ];

    /// <summary>A make and what it makes.</summary>
    /// <param name="Stage">For people.</param>
    /// <param name="Command">The make.</param>
    /// <param name="Count">The same make that only prints what it would do.</param>
    /// <param name="Times">How often each object is compiled.</param>
    public sealed record Make(string Stage, BuildCommand Command, BuildCommand Count, int Times);

    /// <summary>The words for configure after its name, without the place: what a Python is known by in the cache.</summary>
    public static IReadOnlyList<string> ConfigureWords(PythonOptimization optimize, IReadOnlyList<string> more) =>
    [
        .. optimize.HasFlag(PythonOptimization.PGO) ? ["--enable-optimizations"] : Array.Empty<string>(),
        .. optimize.HasFlag(PythonOptimization.LTO) ? ["--with-lto"] : Array.Empty<string>(),
        .. more,
    ];

    /// <summary>Refuses words for configure that cannot be.</summary>
    /// <exception cref="PythonRefusedException">One is among them.</exception>
    public static void CheckWords(IReadOnlyList<string> more)
    {
        foreach (string word in more)
        {
            string name = word.Split('=')[0];
            if (Array.Find(s_refused, one => one.Word == name) is { Why: string why })
            {
                throw new PythonRefusedException(PythonRefusal.NotSupported,
                    $"'{word}' cannot be given to configure: {why}.", word);
            }
        }
    }

    /// <summary>Configures.</summary>
    public BuildCommand ConfigureCommand => In("./configure", [$"--prefix={Prefix}", .. ConfigureWords(Optimize, Configure)]);

    /// <summary>Builds, in one step or two.</summary>
    /// <remarks>Two where it can be: of the interpreter all objects are known beforehand, of the extensions only from 3.12 on
    /// (before, a setup.py compiles them). With a profile one make does it all.</remarks>
    public IReadOnlyList<Make> Makes => Optimize.HasFlag(PythonOptimization.PGO)
        ? [MakeOf("Make", [], ["build_all"], 2)]
        : [MakeOf("Make interpreter", ["python"], ["python"], 1), MakeOf("Make extensions", [], [], 1)];

    /// <summary>Installs below <see cref="Root"/>.</summary>
    public BuildCommand Install => In("make", ["install", $"DESTDIR={Root}"]);

    /// <summary>All of them, in order.</summary>
    public IEnumerable<BuildCommand> Commands => [ConfigureCommand, .. Makes.Select(make => make.Command), Install];

    private Make MakeOf(string stage, string[] target, string[] counted, int times) =>
        new(stage, In("make", [$"-j{Jobs}", .. target]), In("make", ["-n", .. counted]), times);

    private BuildCommand In(string program, string[] words) => new(program, words) { Directory = Source };
}
