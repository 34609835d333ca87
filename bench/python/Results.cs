using System.Collections;

namespace Defragger.Bench.Python;

/// <summary>What the worker held and took, on both Pythons, and with our malloc in other ways.</summary>
/// <param name="Measurement">All rounds.</param>
/// <param name="Cases">How many cases the worker had.</param>
/// <param name="Live">What a process occupies, stock, that has only ever had what stays; bytes.</param>
internal sealed record Results(Measurement Measurement, int Cases, double Live)
{
    public const string Stock = "stock", Ours = "defragger", Off = "switched off", Preloaded = "preloaded";

    private const string Busy = "busy", Resting = "resting";

    public Setting OnStock => Measurement.Find(Stock)!;

    public Setting OnOurs => Measurement.Find(Ours)!;

    /// <summary>Ours with DEFRAGGER=off: what the link alone makes of it.</summary>
    public Setting OnOff => Measurement.Find(Off)!;

    /// <summary>The stock executable with our malloc preloaded.</summary>
    public Setting OnPreloaded => Measurement.Find(Preloaded)!;

    /// <summary>The worker that gets one case after another.</summary>
    public Workload BusyWorker => Measurement.Workloads.First(one => one.Name == Busy);

    /// <summary>The worker that waits two seconds for its next case.</summary>
    public Workload RestingWorker => Measurement.Workloads.First(one => one.Name == Resting);

    /// <exception cref="InvalidOperationException">A program failed.</exception>
    public static Results Measure(string root, Options options)
    {
        string cases = Path.Combine(root, "artifacts/bench-python/cases"), script = Path.Combine(root, "bench/malloc/compare_worker.py");
        var launcher = new Launcher(Path.Combine(root, "artifacts/native/defrag-launch"));
        string library = Path.Combine(root, "artifacts/native/libdefragger.so");
        Setting stock = On(Stock, options.Python), ours = On(Ours, options.Ours!), off = On(Off, options.Ours!, "DEFRAGGER=off"),
            preloaded = On(Preloaded, options.Python, $"LD_PRELOAD={library}", "PYTHONMALLOC=malloc");
        // A run that was broken off may have left more cases than this one has.
        if (Directory.Exists(cases)) Directory.Delete(cases, recursive: true);
        Directory.CreateDirectory(cases);
        try
        {
            Console.Error.WriteLine("writing the worker's cases");
            launcher.Run(stock.Words, [script, "write", cases, $"{options.Cases}", $"{options.Records}"]);
            double live = launcher.Run(stock.Words, [script, "live", cases]).Values["live"];
            var measurement = new Measurement(
                [
                    new Workload(Busy, [script, "run", cases], "one case after another"),
                    new Workload(Resting, [script, "run", cases, "2"], "with two seconds of rest after each case"),
                ],
                [stock, ours, off, preloaded]);
            measurement.Run(launcher, options.Rounds, Console.Error);
            return new Results(measurement, options.Cases, live);
        }
        finally
        {
            Directory.Delete(cases, recursive: true);
        }
    }

    // What the caller's environment says of Python or of an allocator would be of both, or of one.
    private static Setting On(string name, string python, params string[] settings)
    {
        IEnumerable<string> told = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(one => (string)one.Key).Where(one =>
            one.StartsWith("PYTHON", StringComparison.Ordinal) || one.StartsWith("DEFRAGGER", StringComparison.Ordinal)
            || one == "LD_PRELOAD");
        return new Setting(name, [.. told.SelectMany(one => new[] { "-u", one }), Setting.SameHashes, "PYTHONDONTWRITEBYTECODE=1", .. settings, python]);
    }
}
