namespace Defragger.Python.Suite;

/// <summary>The test files of CPython that use an allocator most, or in the most ways.</summary>
public static class StandardTests
{
    /// <summary>34 files, some two minutes for both Pythons: the C API, the collector, threads, fork, signals, interpreters,
    /// buffers, and the modules that hand memory to a library and back.</summary>
    public static IReadOnlyList<string> Default { get; } =
    [
        "test_capi", "test_gc", "test_threading", "test_json", "test_dict", "test_list", "test_unicode", "test_mmap",
        "test_tracemalloc", "test_embed", "test_fork1", "test_sys", "test_cmd_line", "test_faulthandler", "test_ctypes",
        "test_sqlite3", "test_hashlib", "test_subprocess", "test__xxsubinterpreters", "test_interpreters", "test_threadsignals",
        "test_array", "test_bytes", "test_memoryview", "test_buffer", "test_pickle", "test_zlib", "test_lzma", "test_xml_etree_c",
        "test_weakref", "test_resource", "test_decimal", "test_atexit", "test_io",
    ];
}
