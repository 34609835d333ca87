namespace Defragger.Gauges;

/// <summary>The machine and every cgroup above this process: the tightest of them is the reading.</summary>
internal sealed class LinuxMemoryGauge : IMemoryGauge, IDisposable
{
    private readonly HostMemory _host;
    private readonly CgroupMemory[] _groups;

    /// <param name="root">The root of the file system; another one only in tests.</param>
    /// <exception cref="IOException">/proc/meminfo cannot be read.</exception>
    public LinuxMemoryGauge(string root = "/")
    {
        _host = new HostMemory(root);
        _groups = [.. CgroupPath.Ancestors(root).Select(CgroupMemory.TryOpen).OfType<CgroupMemory>()];
    }

    public MemoryReading Read()
    {
        MemoryReading host = _host.Read();
        MemoryReading tightest = host;
        foreach (CgroupMemory group in _groups)
        {
            if (group.Read(host.Total) is MemoryReading reading) tightest = tightest.Within(reading);
        }
        return tightest;
    }

    public void Dispose()
    {
        _host.Dispose();
        foreach (CgroupMemory group in _groups) group.Dispose();
    }
}
