using Defragger.Engines;
using Defragger.Measure;
using Defragger.Measure.Python;
using Defragger.Tests.Engines;

namespace Defragger.Tests.Measure;

/// <summary>The programs of samples/memory, whose causes are known, under the Pythons that there are.</summary>
internal static class PythonPrograms
{
    public static readonly (string Name, MemoryCause Cause)[] Known =
    [
        ("cycles", MemoryCause.ReferenceCycles), ("cycles_del", MemoryCause.ReferenceCycles), ("growing_dict", MemoryCause.Growth),
        ("survivors", MemoryCause.Fragmentation), ("native_leak", MemoryCause.Native), ("healthy", MemoryCause.None),
    ];

    public static string Root { get; } = Find("samples/memory");

    /// <summary>A Python that takes its memory from our malloc (lib/Defragger.Native/test/python links one); null when there is none.</summary>
    public static string? Ours { get; } = Directory.Exists(Find("artifacts"))
        ? Directory.EnumerateDirectories(Find("artifacts"), "python*", SearchOption.AllDirectories)
            .Select(folder => Path.Combine(folder, Path.GetFileName(folder))).FirstOrDefault(File.Exists)
        : null;

    public static PythonMeasurement Measure(string python, string script, params string[] words) => PythonRun.Run(
        new ProcessSpec { Program = python, Timeout = TimeSpan.FromSeconds(120), WorkingDirectory = Root },
        [Path.Combine(Root, script), .. words], LauncherProgram.Location, new MeasureOptions(), default);

    private static string Find(string name)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "Defragger.slnx"))) folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder ?? throw new DirectoryNotFoundException("Defragger.slnx is not above the tests."), name);
    }
}
