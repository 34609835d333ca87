namespace Defragger.Gauges;

/// <summary>One cgroup with a memory controller, v1 or v2: its limit and what of it is gone.</summary>
/// <remarks>Used = usage - inactive_file - active_file / 2: the kernel drops inactive page cache at once, and about
/// half of the active cache under pressure, before it kills anything.</remarks>
internal sealed class CgroupMemory : IDisposable
{
    private readonly KernelFile _limit;
    private readonly KernelFile _usage;
    private readonly KernelFile _stat;
    private readonly bool _unified;

    private CgroupMemory(KernelFile limit, KernelFile usage, KernelFile stat, bool unified) =>
        (_limit, _usage, _stat, _unified) = (limit, usage, stat, unified);

    /// <summary>Opens a cgroup's figures; null when the directory has no memory controller (as a v2 root has not).</summary>
    public static CgroupMemory? TryOpen(string directory) =>
        TryOpen(directory, "memory.max", "memory.current", unified: true)
        ?? TryOpen(directory, "memory.limit_in_bytes", "memory.usage_in_bytes", unified: false);

    private static CgroupMemory? TryOpen(string directory, string limitName, string usageName, bool unified)
    {
        KernelFile? limit = KernelFile.TryOpen(Path.Combine(directory, limitName));
        KernelFile? usage = KernelFile.TryOpen(Path.Combine(directory, usageName));
        KernelFile? stat = KernelFile.TryOpen(Path.Combine(directory, "memory.stat"));
        if (limit != null && usage != null && stat != null) return new(limit, usage, stat, unified);
        limit?.Dispose();
        usage?.Dispose();
        stat?.Dispose();
        return null;
    }

    /// <summary>What the group allows and has left; null while it sets no limit below <paramref name="machine"/>.</summary>
    /// <param name="machine">The machine's memory, in bytes.</param>
    public MemoryReading? Read(long machine)
    {
        // Limits may change while the group lives, so the limit is read each time; unlimited is "max" or a huge number.
        if (_limit.ReadNumber() is not long limit || limit >= machine) return null;
        return new MemoryReading(limit, limit - Math.Min(Used(), limit));
    }

    /// <summary>What the group uses, in bytes, without the page cache that can be dropped.</summary>
    public long Used()
    {
        long usage = _usage.ReadNumber() ?? throw new IOException("A cgroup's memory usage is no number.");
        ReadOnlySpan<byte> stat = _stat.Read();
        long inactive = KernelFile.Find(stat, _unified ? "inactive_file"u8 : "total_inactive_file"u8) ?? 0;
        long active = KernelFile.Find(stat, _unified ? "active_file"u8 : "total_active_file"u8) ?? 0;
        return Math.Max(0, usage - inactive - (active / 2));
    }

    public void Dispose()
    {
        _limit.Dispose();
        _usage.Dispose();
        _stat.Dispose();
    }
}
