using System.Globalization;

namespace Defragger.Bench.Malloc;

/// <summary>What ours has to reach, and what it reached in this run.</summary>
internal static class Demands
{
    public static string Of(Results results)
    {
        var table = new Table("demand", "limit", "measured", "met");
        if (results.Micro is { } micro && micro.Find(Allocator.Ours) is { } ours)
        {
            Workload worst = micro.Workloads.MaxBy(one => micro.Ratio(one, ours))!;
            Add("C patterns, geometric mean, of glibc's processor time", 0.40, micro.Mean(ours, Results.Counts));
            Add($"the worst of the C patterns, {worst.Name}", 1.0, micro.Ratio(worst, ours));
        }
        if (results.Python is { } python && python.Find(Allocator.Ours) is { } serves)
        {
            Add("Python with every object from ours, geometric mean, of stock Python's processor time", 1.05,
                python.Mean(serves, Results.Counts));
        }
        if (results.Worker is { } worker && worker.Find(Allocator.Ours) is { } held)
        {
            Workload run = worker.Workloads[0];
            Setting[] others = [.. worker.Settings.Where(one => one != held)];
            Add("compare worker, 2 s idle, of stock Python's (held, resident: the worse)", 1.0 / 3,
                Math.Max(Share("idle"), Share("idle-rss")));
            Setting best = others.MinBy(one => Value(one, "idle"))!;
            Add($"compare worker, 2 s idle, of the best peer's ({best.Name})", 1.0, Value(held, "idle") / Value(best, "idle"));
            foreach (Setting trimmed in others.Where(one => one.Name is Settings.Stock or Allocator.Glibc))
            {
                Add($"compare worker, 2 s idle, of {trimmed.Name}'s after malloc_trim", 1.0,
                    Value(held, "idle") / Value(trimmed, "trimmed"));
            }
            Add("compare worker, peak, of glibc's", 1.0, Value(held, "peak") / Value(worker.Find(Allocator.Glibc)!, "peak"));

            double Value(Setting setting, string key) => worker.Value(run, setting, key);
            double Share(string key) => Value(held, key) / Value(worker.Base, key);
        }
        if (results.Memory is { } memory && memory.Find(Allocator.Ours) is { } holds)
        {
            Workload worst = memory.Workloads.MaxBy(Peak)!;
            Workload sparse = memory.Workloads.First(one => one.Name == Programs.Free99);
            Add($"peak of the C programs, of glibc's: the worst, {worst.Name}", 1.0, Peak(worst));
            Add("free99, 2 s idle, x live", 15, memory.Value(sparse, holds, "idle") / memory.Value(sparse, holds, "live"));

            double Peak(Workload workload) => memory.Value(workload, holds, "peak") / memory.Value(workload, memory.Base, "peak");
        }
        return table.ToString();

        void Add(string demand, double limit, double value) =>
            table.Add([demand, Text(limit), Text(value), value <= limit ? "yes" : "**no**"]);
    }

    private static string Text(double value) => value.ToString("0.00#", CultureInfo.InvariantCulture);
}
