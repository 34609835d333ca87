namespace Defragger.Python;

/// <summary>
/// Makes a Python with our main and malloc from a stock one: compile, link, check, place. Everything is done in a folder
/// beside the destination, and only a Python that passed every check is renamed to it.
/// </summary>
/// <remarks>
/// <para>A Python from source is a copy of the stock one that was built, with our executable in place of the stock one, which
/// goes to <c>libexec/</c>; our types are among its packages.</para>
/// <para>The layout of a Python from an installed one is an executable in <c>bin/</c> and nothing else. An interpreter looks
/// for its library above its own folder and then in the prefix that is compiled into libpython; so this one finds the stock
/// library, and its prefix, paths, tags and packages are the stock ones to the letter. A virtual environment that it makes
/// names its <c>bin/</c> as home, and runs it. Two others were left: a folder with links to the stock library would make the
/// folder the prefix, so that packages were written through the links, and Debian's were not found; a <c>pyvenv.cfg</c>
/// would make it an environment, and those that are made in an environment run the Python it came from: the stock one.</para>
/// </remarks>
internal sealed class PythonBuilder(PythonParts parts, PythonStore store, PythonProbe probe)
{
    /// <summary>What to make.</summary>
    public sealed record Order
    {
        /// <summary>The Python to link from.</summary>
        public required PythonInstallation Stock { get; init; }

        /// <summary>Full path of the folder to make.</summary>
        public required string Destination { get; init; }

        /// <summary>Replaces a Python that a build made.</summary>
        public bool Force { get; init; }

        /// <summary>How the stock Python was built from source; null for an installed one.</summary>
        public SourceOrigin? Origin { get; init; }
    }

    /// <summary>How a stock Python was built.</summary>
    /// <param name="SourceSha256">Of its source.</param>
    /// <param name="Optimize">How it was optimised.</param>
    /// <param name="Configure">More words that configure was given.</param>
    public sealed record SourceOrigin(string SourceSha256, PythonOptimization Optimize, IReadOnlyList<string> Configure);

    /// <summary>The commands of a link, after a look at what is needed for it.</summary>
    /// <param name="stock">The Python to link from.</param>
    /// <param name="origin">How it was built; null for an installed one.</param>
    /// <param name="objects">The folder for objects.</param>
    /// <param name="output">The executable.</param>
    /// <exception cref="PythonRefusedException">A compiler, a header or a library is missing.</exception>
    public RelinkPlan Plan(PythonInstallation stock, SourceOrigin? origin, string objects, string output)
    {
        var preflight = new Preflight();
        IReadOnlyList<string> compiler = preflight.Compiler();
        string package = $"lib{stock.Name}-dev";
        if (!stock.Includes.Any(folder => File.Exists(Path.Combine(folder, "Python.h"))))
            preflight.Miss($"{Path.Combine(stock.Includes[0], "Python.h")}", package);
        bool hasArchive = File.Exists(stock.Archive);
        if (!hasArchive && !File.Exists(stock.SharedLibrary))
            preflight.Miss($"{stock.Archive} or {stock.SharedLibrary}", package);
        preflight.Demand();
        bool independent = ElfImage.Read(stock.Executable).IsPositionIndependent;
        // Objects for LTO are made to code by the link. Those of an installed Python may be another compiler's, which this one
        // cannot read; they have code as well.
        IReadOnlyList<string> options = origin?.Optimize.HasFlag(PythonOptimization.LTO) == true
            ? ShellWords.Split(stock.Words.GetValueOrDefault("LDFLAGS_NODIST", "")) : [];
        var kind = new RelinkPlan.LibraryKind(hasArchive, independent, options);
        return RelinkPlan.Of(stock, kind, parts, compiler, objects, output);
    }

    /// <summary>Makes the Python.</summary>
    /// <exception cref="PythonRefusedException">It cannot be made from this Python, on this machine or there.</exception>
    /// <exception cref="PythonBuildException">Something failed; nothing was placed.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; nothing was placed.</exception>
    public DefragPython Build(Order order, BuildRun run)
    {
        CheckDestination(order.Destination, order.Force, order.Origin != null);
        using var scratch = new ScratchFolder(Path.GetDirectoryName(order.Destination)!);
        string tree = scratch["tree"], bin = Path.Combine(tree, "bin"), objects = scratch["objects"];
        Directory.CreateDirectory(bin);
        Directory.CreateDirectory(objects);
        if (order.Origin != null) run.Do("Copy", () => Copy(order, tree, bin, run));
        RelinkPlan plan = Plan(order.Stock, order.Origin, objects, Path.Combine(bin, order.Stock.Name));
        run.Do("Compile", () => RunAll(run, plan.Compile));
        run.Do("Link", () => run.Run(plan.Link));
        run.Do("Install", () => Install(order, tree, bin));
        List<PythonCheck> checks = [];
        string allocator = "";
        string stock = order.Origin == null ? order.Stock.Executable : Path.Combine(tree, StockOf(order));
        run.Do("Verify", () => allocator = Verify(stock, plan.Output, scratch.FullPath, checks, run));
        DefragPython made = Record(order, plan.Output, allocator, checks, run);
        run.Do("Place", () =>
        {
            made.Write(tree);
            File.Copy(run.Log.Path, Path.Combine(tree, DefragPython.LogName));
            CheckDestination(order.Destination, order.Force, order.Origin != null); // again: a build takes its time
            store.Add(order.Destination); // a note of what does not come to be there is dropped
            PythonFolder.Place(tree, order.Destination);
            File.Delete(run.Log.Path);
        });
        return made.In(order.Destination);
    }

    private static void RunAll(BuildRun run, IReadOnlyList<BuildCommand> commands)
    {
        for (int at = 0; at < commands.Count; at++)
        {
            run.Tell((double)at / commands.Count, Path.GetFileName(commands[at].Arguments[^1]));
            run.Run(commands[at]);
        }
    }

    /// <summary>Refuses a destination before anything is done for it.</summary>
    /// <param name="path">Full path of the folder.</param>
    /// <param name="force">A Python that a build made may be replaced.</param>
    /// <param name="hasLibrary">A library of its own, with scripts, is to lie there.</param>
    /// <exception cref="PythonRefusedException">It cannot be made.</exception>
    public static void CheckDestination(string path, bool force, bool hasLibrary)
    {
        PythonFolder.CheckFree(path, force);
        if (hasLibrary && path.Any(char.IsWhiteSpace))
        {
            throw new PythonRefusedException(PythonRefusal.NotSupported,
                $"The destination '{path}' has a blank in its path, which the first line of a script cannot have. "
                + "Choose another.", path);
        }
    }

    /// <summary>The stock Python that was built, with its executable out of the way: beside ours, for comparisons.</summary>
    private static void Copy(Order order, string tree, string bin, BuildRun run)
    {
        run.Run(PythonCopy.Command(order.Stock.Prefix, tree));
        int changed = PythonCopy.Relocate(tree, order.Stock.Prefix, order.Destination);
        run.Log.Write($"# {changed} texts name the destination now");
        string stock = Path.Combine(tree, StockOf(order));
        Directory.CreateDirectory(Path.GetDirectoryName(stock)!);
        File.Move(Path.Combine(bin, order.Stock.Name), stock);
    }

    /// <summary>Where the stock executable lies in a Python with a library of its own: below its prefix, so that it finds the
    /// library, and not on anybody's PATH.</summary>
    private static string StockOf(Order order) => Path.Combine("libexec", order.Stock.Name);

    private void Install(Order order, string tree, string bin)
    {
        foreach (string name in new[] { "python3", "python" })
            if (!File.Exists(Path.Combine(bin, name))) File.CreateSymbolicLink(Path.Combine(bin, name), order.Stock.Name);
        // The packages of an installed Python are not ours to add to.
        string packages = order.Origin == null
            ? Path.Combine("share", "defragger") : Path.Combine("lib", order.Stock.Name, "site-packages");
        string stubs = Path.Combine(tree, packages, Path.GetFileName(parts.Stubs));
        Directory.CreateDirectory(stubs);
        foreach (string file in Directory.GetFiles(parts.Stubs)) File.Copy(file, Path.Combine(stubs, Path.GetFileName(file)));
    }

    private string Verify(string stock, string executable, string scratch, List<PythonCheck> checks, BuildRun run)
    {
        var verifier = new PythonVerifier(probe);
        var subject = new PythonVerifier.Subject(executable, stock);
        foreach (PythonCheck check in verifier.Check(subject, scratch, run.Stop))
        {
            checks.Add(check);
            run.Log.Write($"{check.Status}: {check.Name}: {check.Detail}");
            run.Tell((double)checks.Count / PythonVerifier.Names.Count, check.Name);
        }
        string[] failed = [.. checks.Where(check => check.Status == PythonCheckStatus.Failed)
            .Select(check => $"{check.Name}: {check.Detail}")];
        return failed.Length == 0
            ? verifier.AllocatorVersion(executable, run.Stop)
            : throw run.Failed($"the Python was linked, but {string.Join("; ", failed)}");
    }

    private static DefragPython Record(
        Order order, string executable, string allocator, List<PythonCheck> checks, BuildRun run) => new()
    {
        Name = order.Stock.Name,
        Version = order.Stock.Version,
        AllocatorVersion = allocator,
        Sha256 = DefragPython.HashOf(executable),
        Soabi = order.Stock.Names["SOABI"],
        Method = order.Origin == null ? PythonMethod.FromInstalled : PythonMethod.FromSource,
        Stock = order.Origin == null ? order.Stock.Executable : StockOf(order),
        SourceSha256 = order.Origin?.SourceSha256,
        Optimize = order.Origin?.Optimize,
        Configure = order.Origin?.Configure ?? [],
        Created = DateTimeOffset.Now,
        Stages = run.Stages,
        Checks = checks,
    };
}
