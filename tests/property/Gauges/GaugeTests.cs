using Defragger.Gauges;
using Xunit;

namespace Defragger.Tests.Gauges;

/// <summary>The gauge on made-up file systems: v1, v2, hybrid, namespaces, none.</summary>
public sealed class GaugeTests : IDisposable
{
    private const long Gigabyte = 1L << 30;
    private const string Unlimited = "9223372036854771712";
    private readonly TemporaryDirectory _root = new();

    public GaugeTests() => _root.Write("proc/meminfo",
        "MemTotal:       67108864 kB\nMemFree:         1048576 kB\nMemAvailable:   50331648 kB\nCached:         48234496 kB\n");

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Page_cache_is_not_used_memory() =>
        Assert.Equal(new MemoryReading(64 * Gigabyte, 48 * Gigabyte), Read());

    [Fact]
    public void A_v2_limit_on_an_ancestor_bounds_the_reading()
    {
        _root.Write("proc/self/cgroup", "0::/batch/job7/task\n");
        Mount("/sys/fs/cgroup", "cgroup2", "/");
        V2("sys/fs/cgroup/batch/job7/task", "max", 3 * Gigabyte);
        V2("sys/fs/cgroup/batch/job7", (8 * Gigabyte).ToString(), 4 * Gigabyte, inactive: Gigabyte, active: Gigabyte);
        Assert.Equal(new MemoryReading(8 * Gigabyte, 8 * Gigabyte - 5 * Gigabyte / 2), Read());
    }

    [Fact]
    public void The_tightest_of_several_limits_wins()
    {
        _root.Write("proc/self/cgroup", "0::/a/b\n");
        Mount("/sys/fs/cgroup", "cgroup2", "/");
        V2("sys/fs/cgroup/a/b", (4 * Gigabyte).ToString(), Gigabyte);
        V2("sys/fs/cgroup/a", (6 * Gigabyte).ToString(), 5 * Gigabyte);
        Assert.Equal(new MemoryReading(4 * Gigabyte, Gigabyte), Read());
    }

    [Fact]
    public void In_a_hybrid_layout_the_v1_memory_controller_is_read()
    {
        _root.Write("proc/self/cgroup", "9:cpu,cpuacct:/x\n4:memory:/slurm_n1/job_3/task_0\n0::/\n");
        _root.Write("proc/self/mountinfo",
            "30 25 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n31 25 0:28 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n");
        V1("sys/fs/cgroup/memory/slurm_n1/job_3/task_0", Unlimited, 100);
        V1("sys/fs/cgroup/memory/slurm_n1/job_3", (2 * Gigabyte).ToString(), Gigabyte, inactive: Gigabyte / 2);
        Assert.Equal(new MemoryReading(2 * Gigabyte, 3 * Gigabyte / 2), Read());
    }

    [Fact]
    public void A_container_that_sees_only_its_own_part_is_read_at_the_mount()
    {
        _root.Write("proc/self/cgroup", "4:memory:/docker/abc\n");
        Mount("/sys/fs/cgroup/memory", "cgroup", "/docker/abc", "rw,memory");
        V1("sys/fs/cgroup/memory", Gigabyte.ToString(), Gigabyte / 4);
        Assert.Equal(new MemoryReading(Gigabyte, 3 * Gigabyte / 4), Read());
    }

    [Fact]
    public void A_limit_above_the_machine_is_no_limit()
    {
        _root.Write("proc/self/cgroup", "0::/\n");
        Mount("/sys/fs/cgroup", "cgroup2", "/");
        V2("sys/fs/cgroup", (65 * Gigabyte).ToString(), Gigabyte);
        Assert.Equal(new MemoryReading(64 * Gigabyte, 48 * Gigabyte), Read());
    }

    [Fact]
    public void A_group_over_its_limit_has_nothing_left()
    {
        _root.Write("proc/self/cgroup", "0::/a\n");
        Mount("/sys/fs/cgroup", "cgroup2", "/");
        V2("sys/fs/cgroup/a", Gigabyte.ToString(), 2 * Gigabyte);
        Assert.Equal(new MemoryReading(Gigabyte, 0), Read());
    }

    [Fact]
    public void A_limit_that_changes_is_seen_at_the_next_reading()
    {
        _root.Write("proc/self/cgroup", "0::/a\n");
        Mount("/sys/fs/cgroup", "cgroup2", "/");
        V2("sys/fs/cgroup/a", "max", Gigabyte);
        using var gauge = new LinuxMemoryGauge(_root.Path);
        Assert.Equal(64 * Gigabyte, gauge.Read().Total);
        _root.Write("sys/fs/cgroup/a/memory.max", (4 * Gigabyte).ToString());
        Assert.Equal(4 * Gigabyte, gauge.Read().Total);
    }

    [Fact]
    public void This_machine_can_be_read()
    {
        using var gauge = new LinuxMemoryGauge();
        MemoryReading reading = gauge.Read();
        Assert.InRange(reading.Available, 1, reading.Total);
    }

    [Theory]
    [InlineData("some avg10=9.00 avg60=1.00 avg300=0.50 total=5\nfull avg10=2.50 avg60=0.10 avg300=0.00 total=1\n", null, 2.5)]
    [InlineData("full avg10=0.00 avg60=0.10 avg300=0.00 total=1\n", "some avg10=9.00 total=5\nfull avg10=7.25 avg60=0 total=1\n", 7.25)]
    [InlineData("full avg10=", null, 0)]
    [InlineData("", null, 0)]
    [InlineData(null, null, 0)]
    public void Pressure_is_the_share_in_which_nothing_could_run(string? machine, string? group, double share)
    {
        _root.Write("proc/self/cgroup", "4:memory:/a\n0::/u\n");
        Mount("/sys/fs/cgroup/unified", "cgroup2", "/");
        if (machine != null) _root.Write("proc/pressure/memory", machine);
        if (group != null) _root.Write("sys/fs/cgroup/unified/u/memory.pressure", group);
        using var gauge = new PressureGauge(_root.Path);
        Assert.Equal(share, gauge.Read());
    }

    [Fact]
    public void Kills_are_those_of_the_outermost_group_that_counts_them()
    {
        _root.Write("proc/self/cgroup", "0::/a/b\n");
        Mount("/sys/fs/cgroup", "cgroup2", "/");
        _root.Write("proc/vmstat", "oom_kill 99\n");
        _root.Write("sys/fs/cgroup/a/b/memory.events", "low 0\noom 5\noom_kill 1\n");
        _root.Write("sys/fs/cgroup/a/memory.events", "low 0\noom 5\noom_kill 3\noom_group_kill 0\n");
        Assert.Equal(3, Kills());
    }

    [Fact]
    public void Kills_of_a_v1_group_are_counted_in_its_oom_control()
    {
        _root.Write("proc/self/cgroup", "4:memory:/a\n");
        Mount("/sys/fs/cgroup/memory", "cgroup", "/", "rw,memory");
        _root.Write("sys/fs/cgroup/memory/a/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
        Assert.Equal(4, Kills());
    }

    [Fact]
    public void Without_groups_the_kills_of_the_machine_are_counted()
    {
        Assert.Null(Kills());
        _root.Write("proc/vmstat", string.Concat(Enumerable.Range(0, 900).Select(i => $"filler_{i} 1\n")) + "oom_kill 7\nlater 1\n");
        Assert.Equal(7, Kills());
    }

    private long? Kills()
    {
        using var counter = new OomKillCounter(_root.Path);
        return counter.Read();
    }

    private MemoryReading Read()
    {
        using var gauge = new LinuxMemoryGauge(_root.Path);
        return gauge.Read();
    }

    private void Mount(string point, string type, string root, string options = "rw") =>
        _root.Write("proc/self/mountinfo", $"31 25 0:27 {root} {point} rw,relatime shared:9 - {type} {type} {options}\n");

    private void V2(string directory, string limit, long usage, long inactive = 0, long active = 0)
    {
        _root.Write($"{directory}/memory.max", limit + "\n");
        _root.Write($"{directory}/memory.current", usage + "\n");
        _root.Write($"{directory}/memory.stat", $"anon 1\ninactive_file {inactive}\nactive_file {active}\n");
    }

    private void V1(string directory, string limit, long usage, long inactive = 0)
    {
        _root.Write($"{directory}/memory.limit_in_bytes", limit + "\n");
        _root.Write($"{directory}/memory.usage_in_bytes", usage + "\n");
        // The group's own figures come first and must not be taken for those of the whole tree.
        _root.Write($"{directory}/memory.stat", $"inactive_file 1\nactive_file 1\ntotal_inactive_file {inactive}\ntotal_active_file 0\n");
    }
}
