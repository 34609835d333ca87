using System.Runtime.InteropServices;

namespace Defragger.Python;

/// <summary>Makes a stock Python of a source, or finds it in the cache: fetch, check the hash, unpack, configure, make, install
/// into the cache.</summary>
/// <remarks>
/// What it makes is an installed Python as any other, at the place it was configured for: the cache. From there a copy goes to each
/// destination (<see cref="PythonCopy"/>), and is linked with our parts as any installed Python is. So a new allocator, or another
/// destination, takes a copy and a link.
/// </remarks>
internal sealed class SourceBuild(BuildCache cache, CommandRunner runner, PythonProbe probe)
{
    /// <summary>What to make.</summary>
    public sealed record Order
    {
        /// <summary>Full path of an archive or a folder; null for <see cref="Release"/>.</summary>
        public string? Path { get; init; }

        /// <summary>What the archive must hash to; null when nothing is known.</summary>
        public string? Sha256 { get; init; }

        /// <summary>A release that is fetched; null for <see cref="Path"/>.</summary>
        public Release? Release { get; init; }

        /// <summary>Compilers at once.</summary>
        public required int Jobs { get; init; }

        /// <summary>How it is optimised.</summary>
        public PythonOptimization Optimize { get; init; }

        /// <summary>More words for configure.</summary>
        public IReadOnlyList<string> Configure { get; init; } = [];

        /// <summary>Builds again what is in the cache.</summary>
        public bool Clean { get; init; }
    }

    /// <summary>A stock Python in the cache, which nobody drops until this is disposed.</summary>
    /// <param name="Python">It.</param>
    /// <param name="SourceSha256">Of its source.</param>
    /// <param name="Held">Its lock.</param>
    public sealed record Stock(PythonInstallation Python, string SourceSha256, IDisposable Held) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => Held.Dispose();
    }

    /// <summary>The commands, for those who want to see them first. Nothing is started but the compiler, to ask what it is.</summary>
    /// <exception cref="PythonRefusedException">The source cannot be built here.</exception>
    public IEnumerable<BuildCommand> Plan(Order order, CancellationToken stop)
    {
        IReadOnlyList<string> words = SourcePreflight.Check(order.Release != null, runner, _ => { }, stop);
        string compiler = SourcePreflight.Describe(words, runner, stop);
        // The real name of this folder is drawn when it is made.
        string work = Path.Combine(cache.Folder, "work", ".defragger-XXXX"), folder = Path.Combine(work, "source");
        SourceTree? tree = order.Path != null ? SourceTree.Of(order.Path, order.Sha256) : null;
        string hash = tree?.Sha256 ?? order.Release!.Sha256;
        CacheKey key = KeyOf(order, hash, compiler);
        if (cache.Has(key) && !order.Clean) return [];
        IReadOnlyList<BuildCommand> fetch = tree != null
            ? [tree.LayOut(folder)]
            : AptSource.Commands(order.Release!, Path.Combine(work, "fetch"));
        return [.. fetch, .. PlanOf(order, key, folder, Path.Combine(work, "root")).Commands];
    }

    /// <summary>Makes it, or finds it.</summary>
    /// <exception cref="PythonRefusedException">The source cannot be built here.</exception>
    /// <exception cref="PythonBuildException">Something failed; the cache is as before.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; the cache is as before.</exception>
    public Stock Make(Order order, BuildRun run)
    {
        IReadOnlyList<string> compiler = SourcePreflight.Check(order.Release != null, runner, run.Decide, run.Stop);
        string description = SourcePreflight.Describe(compiler, runner, run.Stop);
        SourceTree? tree = null;
        if (order.Path != null) run.Do("Hash", () => tree = SourceTree.Of(order.Path, order.Sha256));
        string hash = tree?.Sha256 ?? order.Release!.Sha256;
        CacheKey key = KeyOf(order, hash, description);
        IDisposable held = cache.Lock(key, () => run.Decide("Another build makes the same Python; waiting for it."), run.Stop);
        try
        {
            if (order.Clean) cache.Drop(key);
            if (cache.Has(key)) run.Decide($"The stock Python is in the cache: '{cache.PrefixOf(key)}'.");
            else Build(order, tree, key, run);
            // -S and so on: asked as any installed Python is.
            string prefix = cache.PrefixOf(key);
            return new Stock(probe.Installation(prefix, "/", run.Stop), hash, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private void Build(Order order, SourceTree? tree, CacheKey key, BuildRun run)
    {
        if (cache.Folder.Any(char.IsWhiteSpace))
        {
            throw new PythonRefusedException(PythonRefusal.NotSupported,
                $"The cache folder '{cache.Folder}' has a blank in its path, which CPython's make cannot have. "
                + "Set XDG_CACHE_HOME to another.", cache.Folder);
        }
        using ScratchFolder work = cache.NewWork();
        string source = work["source"], root = work["root"];
        Directory.CreateDirectory(source);
        if (tree == null)
        {
            Directory.CreateDirectory(work["fetch"]);
            run.Do("Fetch", () =>
            {
                string archive = AptSource.Fetch(order.Release!, work["fetch"], run, runner);
                tree = SourceTree.Of(archive, order.Release!.Sha256);
            });
        }
        run.Do("Unpack", () =>
        {
            run.Run(tree!.LayOut(source));
            string version = SourceTree.VersionOf(source);
            if (order.Release is Release release && release.Version != version)
                throw run.Failed($"the source is of {version} and not of {release.Version}");
        });
        SourcePlan plan = PlanOf(order, key, source, root);
        run.Do("Configure", () =>
        {
            run.Run(plan.ConfigureCommand);
            SourceTree.CheckConfigured(source); // before minutes of make
        });
        foreach (SourcePlan.Make make in plan.Makes) run.Do(make.Stage, () => RunMake(make, work[$"objects of {make.Stage}"], run));
        run.Do("Install stock", () =>
        {
            run.Run(plan.Install);
            cache.Add(key, root);
        });
    }

    private static void RunMake(SourcePlan.Make make, string countPath, BuildRun run)
    {
        var counted = new BuildLog(countPath);
        run.RunInto(make.Count, counted);
        var planned = new ObjectCount(countPath, 0);
        planned.Read();
        int total = planned.Objects * make.Times;
        var done = new ObjectCount(run.Log.Path, new FileInfo(run.Log.Path).Length);
        run.Run(make.Command, () =>
        {
            done.Read();
            // What a setup.py will compile is not in the plan of make: then there is no fraction to tell.
            double? fraction = done.Objects <= total && total > 0 ? (double)done.Objects / total : null;
            run.Tell(fraction, done.Last);
        });
    }

    private CacheKey KeyOf(Order order, string hash, string compiler) => CacheKey.Of(hash,
        SourcePlan.ConfigureWords(order.Optimize, order.Configure), cache.Folder,
        Environment.GetEnvironmentVariable, compiler, RuntimeInformation.OSArchitecture.ToString());

    private SourcePlan PlanOf(Order order, CacheKey key, string source, string root) =>
        new(source, cache.PrefixOf(key), root, order.Jobs, order.Optimize, order.Configure);
}
