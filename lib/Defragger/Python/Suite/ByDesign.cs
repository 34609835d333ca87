namespace Defragger.Python.Suite;

/// <summary>The tests of CPython that ask for its own allocator by name, and so fail on any other.</summary>
/// <remarks>Seen in 3.8, 3.11, 3.12 and 3.13. A later version is not taken on trust: there they count as new failures.</remarks>
public static class ByDesign
{
    private const string NoName = "it asks for the allocator's name, and an allocator that was set by PyMem_SetAllocator has none";

    private static readonly (string Test, Version From, Version Before, string Reason)[] s_tests =
    [
        ("test_sys.SysModuleTest.test_debugmallocstats", new(3, 11), new(3, 13), "it looks for pymalloc's own statistics"),
        ("test_sys.SysModuleTest.test_getallocatedblocks", new(3, 8), new(3, 14), "it counts pymalloc's blocks, of which there are none"),
        ("test_cmd_line.CmdLineTest.test_pythonmalloc", new(3, 8), new(3, 14), NoName),
        ("test_cmd_line.CmdLineTest.test_xdev", new(3, 8), new(3, 14), NoName),
    ];

    /// <summary>Why the test fails, or null when it must not.</summary>
    /// <param name="test">Its name, with or without the package's <c>test.</c> in front.</param>
    /// <param name="version">The Python's version.</param>
    public static string? Reason(string test, Version version)
    {
        string name = test.StartsWith("test.", StringComparison.Ordinal) ? test["test.".Length..] : test;
        foreach ((string one, Version from, Version before, string reason) in s_tests)
            if (one == name && version >= from && version < before) return reason;
        return null;
    }
}
