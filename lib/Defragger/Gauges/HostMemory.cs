namespace Defragger.Gauges;

/// <summary>The whole machine: MemTotal and MemAvailable of /proc/meminfo.</summary>
/// <remarks>MemTotal - MemFree would count page cache as used: after a few gigabytes of file reading it says that all
/// memory is gone, and a run would crawl with one worker. MemAvailable (Linux 3.14) is the kernel's own estimate of what can
/// be had without swapping.</remarks>
internal sealed class HostMemory : IMemoryGauge, IDisposable
{
    private readonly KernelFile _meminfo;

    /// <param name="root">The root of the file system; another one only in tests.</param>
    public HostMemory(string root = "/") => _meminfo = new KernelFile(Path.Combine(root, "proc/meminfo"));

    public MemoryReading Read()
    {
        ReadOnlySpan<byte> text = _meminfo.Read();
        long total = KernelFile.Find(text, "MemTotal"u8) ?? throw Missing("MemTotal");
        long available = KernelFile.Find(text, "MemAvailable"u8) ?? throw Missing("MemAvailable");
        return new(total * 1024, Math.Min(total, available) * 1024);
    }

    public void Dispose() => _meminfo.Dispose();

    private static IOException Missing(string key) => new($"/proc/meminfo has no line '{key}'.");
}
