using Defragger.Bench.Malloc;

namespace Defragger.Bench.Merge;

/// <summary>What the worker held and took, with merging and without, and under other allocators.</summary>
/// <param name="Measurement">All rounds.</param>
/// <param name="Live">What a process occupies that has only ever had what stays, interpreter included; bytes.</param>
/// <param name="Missing">Peers that are not on this machine, with the reason.</param>
internal sealed record Results(Measurement Measurement, double Live, IReadOnlyList<string> Missing)
{
    public const string Off = "not merged", AtRest = "merged at rest", EachCase = "merged after each case", ByItself = "merged by itself",
        ByKernel = "merged by KSM";

    private const string Mesh = "Mesh";

    /// <summary>Whether a setting is ours, and not a peer.</summary>
    public static bool IsOurs(Setting setting) => setting.Name is Off or AtRest or EachCase or ByItself or ByKernel;

    public Workload Worker => Measurement.Workloads[0];

    /// <summary>What a setting held in the end, of what is live.</summary>
    public double OfLive(Setting setting) => Measurement.Value(Worker, setting, "idle") / Live;

    /// <exception cref="InvalidOperationException">A program failed.</exception>
    public static Results Measure(string root, Options options)
    {
        string cases = Path.Combine(root, "artifacts/bench-merge"), script = Path.Combine(root, "bench/malloc/compare_worker.py");
        var launcher = new Launcher(Path.Combine(root, "artifacts/native/defrag-launch"));
        var found = new List<Setting>();
        var missing = new List<string>();
        if (options.Peers.All(one => one.Name != Mesh)) missing.Add($"{Mesh}: in no package of the distribution; --peer {Mesh}=PATH names a library of it");
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
                    .. KsmMayRun() ? [On(ByKernel, here, "DEFRAGGER_MERGE=ksm", "DEFRAG_BENCH_COMPACT=rest")] : Array.Empty<Setting>(),
                ]);
        }
        found.AddRange(options.Peers.Select(peer => On(peer.Name, new Allocator(peer.Name, peer.Library, [], null))));
        if (!KsmMayRun()) missing.Add($"{ByKernel}: /sys/kernel/mm/ksm/run may not be written");
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

    // gauge.py switches it on while the worker runs, and back.
    private static bool KsmMayRun()
    {
        try
        {
            using FileStream file = new("/sys/kernel/mm/ksm/run", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Setting On(string name, Allocator allocator, params string[] settings) =>
        new(name, [Setting.SameHashes, "PYTHONDONTWRITEBYTECODE=1", "PYTHONMALLOC=malloc", .. settings, .. allocator.Environment]);
}
