using Defragger.Python;

namespace Defragger.Tests.Python;

/// <summary>What the tests of Pythons share.</summary>
internal static class PythonCases
{
    public static PythonInstallation Installation { get; } = new()
    {
        Implementation = "cpython",
        Version = "3.11.2",
        Major = 3,
        Minor = 11,
        Executable = "/usr/bin/python3.11",
        Prefix = "/usr",
        ConfiguredPrefix = "/usr",
        Includes = ["/include one", "/include-two"],
        IsOurs = false,
        FreeThreaded = false,
        Words = new Dictionary<string, string>
        {
            ["LIBS"] = " -ldl '-L/a b' ", ["SYSLIBS"] = "-lm", ["LINKFORSHARED"] = "-Xlinker -export-dynamic", ["MODLIBS"] = "-lz",
        },
        Names = new Dictionary<string, string>
        {
            ["LIBPL"] = "/pl", ["LIBRARY"] = "libpython3.11.a", ["LIBDIR"] = "/lib dir", ["LDLIBRARY"] = "libpython3.11.so",
            ["SOABI"] = "cpython-311-x86_64-linux-gnu", ["EXT_SUFFIX"] = ".so", ["CC"] = "gcc", ["VERSION"] = "3.11",
        },
    };

    /// <summary>Parts of two sources in a folder.</summary>
    public static PythonParts Parts(TemporaryDirectory folder)
    {
        foreach (string file in new[] { "src/main.c", "src/domains.c", "src/domains.h", "include/defragger.h", "lib/libdefragger.a", "stubs/defragger-stubs/__init__.pyi" })
            folder.Write(file, "");
        return new PythonParts(folder.Path);
    }

    public static RelinkPlan Plan(TemporaryDirectory folder, RelinkPlan.LibraryKind kind, PythonInstallation? installation = null) =>
        RelinkPlan.Of(installation ?? Installation, kind, Parts(folder), ["cc"], "/objects", "/out/python3.11");

    public static DefragPython Made(string folder) => new()
    {
        Path = folder,
        Name = "python3.11",
        Version = "3.11.2",
        AllocatorVersion = "0.1.0",
        Sha256 = new string('0', 64),
        Soabi = "cpython-311-x86_64-linux-gnu",
        Method = PythonMethod.FromInstalled,
        Stock = "/usr/bin/python3.11",
        Created = new DateTimeOffset(2026, 11, 26, 12, 0, 0, TimeSpan.Zero),
        Stages = [new PythonStage("Link", TimeSpan.FromSeconds(0.5))],
        Checks = [new PythonCheck("ExportsMalloc", PythonCheckStatus.Passed, "malloc")],
    };
}
