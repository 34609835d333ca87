using Defragger.Gauges;

namespace Defragger.Measure;

/// <summary>The machine around a measured process: what is available, what its cgroup uses, how long processes waited for
/// memory.</summary>
internal sealed class SystemGauge : IDisposable
{
    private readonly LinuxMemoryGauge _available;
    private readonly CgroupMemory? _group;
    private readonly KernelFile? _pressure;

    /// <param name="process">The measured process; "self" for one that we start ourselves.</param>
    /// <param name="root">The root of the file system; another one only in tests.</param>
    /// <exception cref="IOException">/proc/meminfo cannot be read.</exception>
    public SystemGauge(string process = "self", string root = "/")
    {
        _available = new LinuxMemoryGauge(root);
        _group = CgroupPath.Ancestors(root, process).Select(CgroupMemory.TryOpen).FirstOrDefault(group => group != null);
        _pressure = KernelFile.TryOpen(Path.Combine(root, "proc/pressure/memory"));
    }

    /// <summary>What a new process could still take, in bytes.</summary>
    public long Available => _available.Read().Available;

    /// <summary>What the cgroup uses, in bytes; null where there is none with a memory controller.</summary>
    public long? Cgroup => _group?.Used();

    /// <summary>Time in which some process waited for memory, since the machine was started; null where it is not
    /// counted.</summary>
    public TimeSpan? Stalled => _pressure is KernelFile file ? StallOf(file.Read()) : null;

    public void Dispose()
    {
        _available.Dispose();
        _group?.Dispose();
        _pressure?.Dispose();
    }

    /// <summary>Reads the line "some avg10=0.00 avg60=0.00 avg300=0.00 total=8735": microseconds.</summary>
    internal static TimeSpan? StallOf(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
        int total = line.IndexOf("total="u8);
        return line.StartsWith("some "u8) && total >= 0
            && System.Buffers.Text.Utf8Parser.TryParse(line[(total + 6)..], out long microseconds, out _)
            ? TimeSpan.FromMicroseconds(microseconds) : null;
    }
}
