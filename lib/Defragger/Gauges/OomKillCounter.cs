namespace Defragger.Gauges;

/// <summary>How often the kernel has killed for want of memory: the count of the cgroups above this process, or of the machine where
/// there are none that tell.</summary>
/// <remarks>v2: oom_kill of memory.events. v1: oom_kill of memory.oom_control. The machine: oom_kill of /proc/vmstat
/// (Linux 4.13). Of several groups the highest count is taken: an outer group counts what happens in an inner one.</remarks>
internal sealed class OomKillCounter : IDisposable
{
    private readonly KernelFile[] _groups;
    private readonly KernelFile? _machine;

    /// <param name="root">The root of the file system; another one only in tests.</param>
    public OomKillCounter(string root = "/")
    {
        _groups = [.. CgroupPath.Ancestors(root)
            .SelectMany(group => new[] { Path.Combine(group, "memory.events"), Path.Combine(group, "memory.oom_control") })
            .Select(path => KernelFile.TryOpen(path)).OfType<KernelFile>()];
        // vmstat is longer than what a KernelFile keeps, and the line stands near its middle.
        string vmstat = Path.Combine(root, "proc/vmstat");
        _machine = _groups.Length == 0 ? KernelFile.TryOpen(vmstat, 32 * 1024) : null;
    }

    /// <summary>Kills since the groups were made, or the machine was started; null when the kernel does not tell.</summary>
    public long? Read()
    {
        long? most = null;
        foreach (KernelFile file in _machine != null ? [_machine] : _groups)
        {
            if (KernelFile.Find(file.Read(), "oom_kill"u8) is long kills) most = Math.Max(most ?? 0, kills);
        }
        return most;
    }

    public void Dispose()
    {
        foreach (KernelFile file in _groups) file.Dispose();
        _machine?.Dispose();
    }
}
