using System.Globalization;
using Defragger.Gauges;
using Xunit;

namespace Defragger.Tests.Compare;

/// <summary>A cgroup of a test's own with a limit of memory, and a way to start a program in it. Skips the test, with the
/// reason, where none can be made.</summary>
internal sealed class MemoryGroup : IMemoryGauge, IDisposable
{
    private readonly string _directory;
    private readonly CgroupMemory _memory;

    private MemoryGroup(string directory) => (_directory, _memory) = (directory, CgroupMemory.TryOpen(directory)!);

    /// <summary>Makes a group below this process's own, or skips the test.</summary>
    public static MemoryGroup Make(long limit)
    {
        string? home = CgroupPath.Ancestors("/").FirstOrDefault(Directory.Exists);
        if (home == null) Assert.Skip("There is no cgroup with a memory controller here.");
        string directory = Path.Combine(home, "defrag-test-" + Guid.NewGuid().ToString("N"));
        try
        {
            bool unified = File.Exists(Path.Combine(home, "cgroup.controllers"));
            if (unified) File.WriteAllText(Path.Combine(home, "cgroup.subtree_control"), "+memory");
            Directory.CreateDirectory(directory);
            File.WriteAllText(Path.Combine(directory, unified ? "memory.max" : "memory.limit_in_bytes"), limit.ToString(CultureInfo.InvariantCulture));
            return new MemoryGroup(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (Directory.Exists(directory)) Directory.Delete(directory);
            Assert.Skip($"No cgroup can be made below '{home}': {e.Message}");
            throw;
        }
    }

    public MemoryReading Read() => _memory.Read(long.MaxValue) ?? throw new IOException("The group has lost its limit.");

    /// <summary>Writes a script that enters the group and becomes a program.</summary>
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public string Wrap(string program, string script)
    {
        File.WriteAllText(script, $"#!/bin/sh\necho $$ > '{_directory}/cgroup.procs' || exit 1\nexec '{program}' \"$@\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return script;
    }

    public void Dispose()
    {
        _memory.Dispose();
        // The kernel lets go of a process a moment after it has been waited for.
        for (int tries = 0; ; tries++)
        {
            try
            {
                Directory.Delete(_directory);
                return;
            }
            catch (IOException) when (tries < 200)
            {
                Thread.Sleep(10);
            }
        }
    }
}
