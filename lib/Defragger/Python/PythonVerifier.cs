using System.Text.Json;
using Defragger.Engines;

namespace Defragger.Python;

/// <summary>Checks that a Python takes all its memory from Defragger and is otherwise what the stock Python is. A link that
/// went well proves nothing of that: an archive that is not linked whole links silently, and serves nobody.</summary>
internal sealed class PythonVerifier(PythonProbe probe)
{
    /// <summary>What is checked.</summary>
    /// <param name="Executable">Full path of the Python.</param>
    /// <param name="Stock">Full path of the stock Python; null when there is none to compare with.</param>
    public sealed record Subject(string Executable, string? Stock);

    private const string NoStock = "there is no stock Python to compare with; name one with -Stock";
    private const int FewNames = 500; // an executable with fewer of Python's names has them from a shared library

    /// <summary>What a program may call in place of the C library's; C++'s operators call these.</summary>
    private static readonly string[] s_family =
    [
        "malloc", "free", "calloc", "realloc", "reallocarray", "aligned_alloc", "posix_memalign", "memalign", "valloc", "pvalloc",
        "malloc_usable_size", "malloc_trim", "cfree",
    ];

    private static readonly string[] s_domains = ["raw", "mem", "obj"];

    /// <summary>The names of all checks, in their order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "ExportsMalloc", "ExportsPython", "AllDomains", "PythonMalloc", "SwitchedOff", "SameAsStock", "VirtualEnvironment", "Extensions",
    ];

    /// <summary>Checks a Python; each result as it comes.</summary>
    /// <param name="subject">The Python.</param>
    /// <param name="scratch">A folder for the virtual environment.</param>
    /// <param name="stop">Ends the checks.</param>
    public IEnumerable<PythonCheck> Check(Subject subject, string scratch, CancellationToken stop)
    {
        Func<(PythonCheckStatus, string)>[] checks =
        [
            () => ExportsMalloc(subject),
            () => ExportsPython(subject, stop),
            () => AllDomains(subject, stop),
            () => PythonMalloc(subject, stop),
            () => SwitchedOff(subject, stop),
            () => SameAsStock(subject, stop),
            () => VirtualEnvironment(subject, scratch, stop),
            () => Extensions(subject, stop),
        ];
        for (int at = 0; at < checks.Length; at++) yield return Result(Names[at], checks[at]);
    }

    /// <summary>The version of the allocator in a Python.</summary>
    /// <exception cref="InvalidDataException">It has none.</exception>
    public string AllocatorVersion(string executable, CancellationToken stop) =>
        Allocator(executable, ["-I"], [], stop).GetProperty("version").GetString() ?? "";

    private static PythonCheck Result(string name, Func<(PythonCheckStatus Status, string Detail)> check)
    {
        try
        {
            (PythonCheckStatus status, string detail) = check();
            return new PythonCheck(name, status, detail);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or IOException or UnauthorizedAccessException or JsonException)
        {
            return new PythonCheck(name, PythonCheckStatus.Failed, e.Message);
        }
    }

    private static (PythonCheckStatus, string) ExportsMalloc(Subject subject)
    {
        IReadOnlySet<string> exports = ElfImage.Read(subject.Executable).Exports;
        string[] missing = [.. s_family.Where(name => !exports.Contains(name))];
        return missing.Length == 0
            ? Passed($"malloc and {s_family.Length - 1} more")
            : Failed($"the executable keeps to itself: {string.Join(", ", missing)}");
    }

    private (PythonCheckStatus, string) ExportsPython(Subject subject, CancellationToken stop)
    {
        if (subject.Stock == null) return Skipped(NoStock);
        HashSet<string> stock = PythonNames(subject.Stock);
        HashSet<string> ours = PythonNames(subject.Executable);
        // Linked with the shared library: that gives the names, and it is the stock one.
        if (ours.Count < FewNames && stock.Count < FewNames) return Passed("by the stock Python's shared library");
        if (stock.Count < FewNames)
        {
            string told = Answer(subject.Stock, "installation", ["-I", "-S"], [], stop).GetRawText();
            string library = PythonInstallation.Parse(told).SharedLibrary;
            if (!File.Exists(library)) return Skipped($"neither '{subject.Stock}' nor '{library}' tells its names");
            stock.UnionWith(PythonNames(library));
        }
        string[] missing = [.. stock.Except(ours).Order(StringComparer.Ordinal)];
        return missing.Length == 0
            ? Passed($"all {stock.Count} names of the stock Python")
            : Failed($"{missing.Length} names that the stock Python has are missing: {Some(missing)}");
    }

    private (PythonCheckStatus, string) AllDomains(Subject subject, CancellationToken stop)
    {
        JsonElement told = Allocator(subject.Executable, ["-I"], [("DEFRAGGER_PROBE", "1")], stop);
        List<string> counts = [];
        foreach (string domain in s_domains)
        {
            string? allocator = told.GetProperty("domains").GetProperty(domain).GetString();
            if (allocator != "defragger") return Failed($"domain {domain} is served by {allocator}");
            JsonElement calls = told.GetProperty("probe").GetProperty(domain);
            long malloc = calls.GetProperty("malloc").GetInt64(), foreign = calls.GetProperty("foreign").GetInt64();
            if (malloc == 0) return Failed($"domain {domain} had no call of malloc");
            if (foreign != 0) return Failed($"domain {domain} was given {foreign} blocks that are not ours");
            counts.Add($"{domain} {malloc}");
        }
        return Passed($"calls of malloc: {string.Join(", ", counts)}; 0 foreign blocks");
    }

    private (PythonCheckStatus, string) PythonMalloc(Subject subject, CancellationToken stop) =>
        IsStock(Allocator(subject.Executable, ["-s"], [("PYTHONMALLOC", "pymalloc")], stop), "PYTHONMALLOC=pymalloc");

    private (PythonCheckStatus, string) SwitchedOff(Subject subject, CancellationToken stop) =>
        IsStock(Allocator(subject.Executable, ["-I"], [("DEFRAGGER", "off")], stop), "DEFRAGGER=off");

    private static (PythonCheckStatus, string) IsStock(JsonElement told, string setting)
    {
        string? allocator = told.GetProperty("domains").GetProperty("obj").GetString();
        long blocks = told.GetProperty("pymallocBlocks").GetInt64();
        return allocator == "stock" && blocks > 0
            ? Passed($"{setting}: pymalloc with {blocks} blocks")
            : Failed($"{setting}: objects are served by {allocator}, and pymalloc has {blocks} blocks");
    }

    private (PythonCheckStatus, string) SameAsStock(Subject subject, CancellationToken stop)
    {
        if (subject.Stock == null) return Skipped(NoStock);
        Dictionary<string, string> stock = Identity(subject.Stock, stop), ours = Identity(subject.Executable, stop);
        string[] different = [.. stock.Keys.Union(ours.Keys)
            .Where(name => ours.GetValueOrDefault(name) != stock.GetValueOrDefault(name)).Order(StringComparer.Ordinal)];
        return different.Length == 0
            ? Passed($"{stock["SOABI"]}, {stock["EXT_SUFFIX"]} and {stock.Count - 2} more")
            : Failed($"{different.Length} differ: " + Some([.. different.Select(name =>
                $"{name} is '{ours.GetValueOrDefault(name, "absent")}' and was '{stock.GetValueOrDefault(name, "absent")}'")]));
    }

    private (PythonCheckStatus, string) VirtualEnvironment(Subject subject, string scratch, CancellationToken stop)
    {
        string folder = Path.Combine(scratch, "venv");
        ProcessReport made = probe.Run(subject.Executable, ["-I", "-m", "venv", "--without-pip", folder], stop);
        if (made.StandardError.Contains("No module named venv", StringComparison.Ordinal))
            return Skipped("this Python has no venv: apt-get install python3-venv");
        if (CommandRunner.Failure(made) is string failure)
            return Failed($"venv: {failure}. {PythonProbe.LastLine(made.StandardError)}");
        JsonElement told = Allocator(Path.Combine(folder, "bin", "python"), ["-I"], [], stop);
        string? prefix = told.GetProperty("prefix").GetString();
        string? allocator = told.GetProperty("domains").GetProperty("obj").GetString();
        Directory.Delete(folder, recursive: true);
        return prefix != folder ? Failed($"its prefix is '{prefix}' and not '{folder}'")
            : allocator != "defragger" ? Failed($"objects in it are served by {allocator}")
            : Passed("its Python is this one");
    }

    private (PythonCheckStatus, string) Extensions(Subject subject, CancellationToken stop)
    {
        if (subject.Stock == null) return Skipped(NoStock);
        JsonElement stock = Answer(subject.Stock, "extensions", ["-I"], [], stop);
        JsonElement ours = Answer(subject.Executable, "extensions", ["-I"], [], stop);
        string[] names = [.. stock.EnumerateObject().Select(one => one.Name)];
        if (names.Length == 0) return Skipped("the stock Python has no extension that is a file");
        return stock.GetRawText() == ours.GetRawText()
            ? Passed(string.Join(", ", names))
            : Failed($"answers differ for {string.Join(", ", names.Where(name =>
                !ours.TryGetProperty(name, out JsonElement one) || one.GetRawText() != stock.GetProperty(name).GetRawText()))}");
    }

    private static HashSet<string> PythonNames(string path) => [.. ElfImage.Read(path).Exports
        .Where(name => name.StartsWith("Py", StringComparison.Ordinal) || name.StartsWith("_Py", StringComparison.Ordinal))];

    private Dictionary<string, string> Identity(string executable, CancellationToken stop) =>
        Answer(executable, "identity", ["-I"], [], stop).EnumerateObject()
            .ToDictionary(one => one.Name, one => one.Value.GetString() ?? "");

    private JsonElement Allocator(string executable, string[] options, (string, string)[] environment, CancellationToken stop) =>
        Answer(executable, "allocator", options, environment, stop);

    /// <summary>What a script printed.</summary>
    /// <exception cref="InvalidDataException">It failed; with its last line.</exception>
    private JsonElement Answer(
        string executable, string script, string[] options, (string, string)[] environment, CancellationToken stop)
    {
        ProcessReport report = probe.Ask(executable, script, options, environment, stop);
        if (CommandRunner.Failure(report) is string failure)
        {
            throw new InvalidDataException(
                $"'{executable}' cannot tell its {script}: {failure}. {PythonProbe.LastLine(report.StandardError)}");
        }
        using JsonDocument document = JsonDocument.Parse(report.StandardOutput);
        return document.RootElement.Clone();
    }

    private static string Some(string[] all) => string.Join(", ", all.Take(5)) + (all.Length > 5 ? ", ..." : "");

    private static (PythonCheckStatus, string) Passed(string detail) => (PythonCheckStatus.Passed, detail);

    private static (PythonCheckStatus, string) Failed(string detail) => (PythonCheckStatus.Failed, detail);

    private static (PythonCheckStatus, string) Skipped(string detail) => (PythonCheckStatus.Skipped, detail);
}
