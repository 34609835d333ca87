using Defragger.Bench.Malloc;

namespace Defragger.Bench.Merge;

/// <summary>What the worker held and took, with merging and without, and under other allocators.</summary>
/// <param name="Measurement">All rounds.</param>
/// <param name="Live">What a process occupies that has only ever had what stays, interpreter included; bytes.</param>
/// <param name="Missing">Peers that are not on this machine, with the reason.</param>
internal sealed record Results(Measurement Measurement, double Live, IReadOnlyList<string> Missing)
{
    public const string Off = "not merged", AtRest = "merged at rest", EachCase = "merged after each case", ByItself = "merged by itself";

    public Workload Worker => Measurement.Workloads[0];

    /// <summary>What a setting held in the end, of what is live.</summary>
    public double OfLive(Setting setting) => Measurement.Value(Worker, setting, "idle") / Live;

    /// <exception cref="InvalidOperationException">A program failed.</exception>
    public static Results Measure(string root, Options options)
    {
        string cases = Path.Combine(root, "artifacts/bench-merge"), script = Path.Combine(root, "bench/malloc/compare_worker.py");
        var launcher = new Launcher(Path.Combine(root, "artifacts/native/defrag-launch"));
        var found = new List<Setting>();
        var missing = new List<string> { "Mesh: in no package of the distribution" };
        foreach (Allocator allocator in Allocator.All(root))
        {
            if (allocator.Found() is not { } here)
                missing.Add($"{allocator.Name}: {allocator.Remedy}");
            else if (allocator.Name != Allocator.Ours)
                found.Add(On(allocator.Name, here));
            else
                found.InsertRange(0,
                [
                    On(Off, here, "DEFRAGGER_MERGE=off"), On(AtRest, here, "DEFRAG_BENCH_COMPACT=rest"),
                    On(EachCase, here, "DEFRAG_BENCH_COMPACT=case"), On(ByItself, here, "DEFRAGGER_MERGE=auto"),
                ]);
        }
        if (found.All(one => one.Name != Off)) throw new InvalidOperationException(missing[^1]);

        // A run that was broken off may have left more cases than this one has.
        if (Directory.Exists(cases)) Directory.Delete(cases, recursive: true);
        Directory.CreateDirectory(cases);
        try
        {
            Console.Error.WriteLine("writing the worker's cases");
            launcher.Run([Setting.SameHashes], [options.Python, script, "write", cases, $"{options.Cases}", $"{options.Records}"]);
            double live = launcher.Run([Setting.SameHashes], [options.Python, script, "live", cases]).Values["live"];
            var measurement = new Measurement([new Workload("worker", [options.Python, script, "merge", cases], "")], found);
            measurement.Run(launcher, options.Rounds, Console.Error);
            return new Results(measurement, live, missing);
        }
        finally
        {
            Directory.Delete(cases, recursive: true);
        }
    }

    private static Setting On(string name, Allocator allocator, params string[] settings) =>
        new(name, [Setting.SameHashes, "PYTHONDONTWRITEBYTECODE=1", "PYTHONMALLOC=malloc", .. settings, .. allocator.Environment]);
}
