namespace Defragger.Bench.Malloc;

/// <summary>What a run of the benchmark has measured; null is a part that was not asked for.</summary>
internal sealed record Results
{
    public Measurement? Micro { get; init; }
    public Measurement? Python { get; init; }
    public Measurement? Memory { get; init; }
    public Measurement? Worker { get; init; }

    /// <summary>What a process occupies that has only the worker's survivors.</summary>
    public double WorkerLive { get; init; }

    /// <summary>Whether a workload is part of the mean.</summary>
    public static bool Counts(Workload workload) => workload.Name != Programs.Append;

    /// <summary>Whether an allocator took part.</summary>
    public bool Has(string name) => new[] { Micro, Python, Memory, Worker }.Any(one => one?.Find(name) != null);

    public static Results Measure(Programs programs, IReadOnlyList<Allocator> allocators, Launcher launcher, Options options)
    {
        var results = new Results();
        List<Setting> forC = Settings.ForC(allocators), forPython = Settings.ForPython(allocators);
        if (options.Takes("micro")) results = results with { Micro = Run(programs.Micro, forC, options.Rounds) };
        if (options.Takes("python")) results = results with { Python = Run(programs.Python, forPython, options.Rounds) };
        if (!options.Takes("memory")) return results;

        results = results with { Memory = Run(programs.Memory, forC, 1) };
        // A run that was broken off may have left more cases than this one has.
        if (Directory.Exists(programs.Cases)) Directory.Delete(programs.Cases, recursive: true);
        Directory.CreateDirectory(programs.Cases);
        try
        {
            string[] stock = [.. forPython[0].Words];
            Console.Error.WriteLine("writing the worker's cases");
            launcher.Run(stock, programs.WorkerWrite.Command);
            return results with
            {
                WorkerLive = launcher.Run(stock, programs.WorkerLive.Command).Values["live"],
                Worker = Run([programs.WorkerRun], forPython, 1),
            };
        }
        finally
        {
            Directory.Delete(programs.Cases, recursive: true);
        }

        Measurement Run(List<Workload> workloads, List<Setting> settings, int rounds)
        {
            var measurement = new Measurement(workloads, settings);
            measurement.Run(launcher, rounds, Console.Error);
            return measurement;
        }
    }
}
