namespace Defragger.Python;

/// <summary>
/// Makes a Python with our main and malloc from a stock one: compile, link, check, place. Everything is done in a folder
/// beside the destination, and only a Python that passed every check is renamed to it.
/// </summary>
/// <remarks>
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
    }

    /// <summary>The commands of a link, after a look at what is needed for it.</summary>
    /// <param name="stock">The Python to link from.</param>
    /// <param name="objects">The folder for objects.</param>
    /// <param name="output">The executable.</param>
    /// <exception cref="PythonRefusedException">A compiler, a header or a library is missing.</exception>
    public RelinkPlan Plan(PythonInstallation stock, string objects, string output)
    {
        var preflight = new Preflight();
        string compiler = preflight.Compiler();
        string package = $"lib{stock.Name}-dev";
        if (!stock.Includes.Any(folder => File.Exists(Path.Combine(folder, "Python.h"))))
            preflight.Miss($"{Path.Combine(stock.Includes[0], "Python.h")}", package);
        bool hasArchive = File.Exists(stock.Archive);
        if (!hasArchive && !File.Exists(stock.SharedLibrary)) preflight.Miss($"{stock.Archive} or {stock.SharedLibrary}", package);
        preflight.Demand();
        bool independent = ElfImage.Read(stock.Executable).IsPositionIndependent;
        return RelinkPlan.Of(stock, new RelinkPlan.LibraryKind(hasArchive, independent, []), parts, compiler, objects, output);
    }

    /// <summary>Makes the Python.</summary>
    /// <exception cref="PythonRefusedException">It cannot be made from this Python, on this machine or there.</exception>
    /// <exception cref="PythonBuildException">Something failed; nothing was placed.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; nothing was placed.</exception>
    public DefragPython Build(Order order, BuildRun run)
    {
        PythonFolder.CheckFree(order.Destination, order.Force);
        using var scratch = new ScratchFolder(Path.GetDirectoryName(order.Destination)!);
        string tree = scratch["tree"], bin = Path.Combine(tree, "bin"), objects = scratch["objects"];
        Directory.CreateDirectory(bin);
        Directory.CreateDirectory(objects);
        RelinkPlan plan = Plan(order.Stock, objects, Path.Combine(bin, order.Stock.Name));
        run.Do("Compile", () => RunAll(run, plan.Compile));
        run.Do("Link", () => run.Run(plan.Link));
        run.Do("Install", () => Install(order.Stock, tree, bin));
        List<PythonCheck> checks = [];
        string allocator = "";
        run.Do("Verify", () => allocator = Verify(order, plan.Output, scratch.FullPath, checks, run));
        DefragPython made = Record(order, plan.Output, allocator, checks, run);
        run.Do("Place", () =>
        {
            made.Write(tree);
            File.Copy(run.Log.Path, Path.Combine(tree, DefragPython.LogName));
            PythonFolder.Place(tree, order.Destination, scratch["former"]);
            store.Add(order.Destination);
            File.Delete(run.Log.Path);
        });
        return made;
    }

    private static void RunAll(BuildRun run, IReadOnlyList<BuildCommand> commands)
    {
        for (int at = 0; at < commands.Count; at++)
        {
            run.Tell((double)at / commands.Count, Path.GetFileName(commands[at].Arguments[^1]));
            run.Run(commands[at]);
        }
    }

    private void Install(PythonInstallation stock, string tree, string bin)
    {
        foreach (string name in new[] { "python3", "python" }) File.CreateSymbolicLink(Path.Combine(bin, name), stock.Name);
        string stubs = Path.Combine(tree, "share", "defragger", Path.GetFileName(parts.Stubs));
        Directory.CreateDirectory(stubs);
        foreach (string file in Directory.GetFiles(parts.Stubs)) File.Copy(file, Path.Combine(stubs, Path.GetFileName(file)));
    }

    private string Verify(Order order, string executable, string scratch, List<PythonCheck> checks, BuildRun run)
    {
        var verifier = new PythonVerifier(probe);
        var subject = new PythonVerifier.Subject(executable, order.Stock.Executable, []);
        foreach (PythonCheck check in verifier.Check(subject, scratch, run.Stop))
        {
            checks.Add(check);
            run.Log.Write($"{check.Status}: {check.Name}: {check.Detail}");
            run.Tell((double)checks.Count / PythonVerifier.Names.Count, check.Name);
        }
        PythonCheck[] failed = [.. checks.Where(check => check.Status == PythonCheckStatus.Failed)];
        return failed.Length == 0
            ? verifier.AllocatorVersion(executable, run.Stop)
            : throw run.Failed($"the Python was linked, but {string.Join("; ", failed.Select(check => $"{check.Name}: {check.Detail}"))}");
    }

    private static DefragPython Record(Order order, string executable, string allocator, List<PythonCheck> checks, BuildRun run) => new()
    {
        Path = order.Destination,
        Name = order.Stock.Name,
        Version = order.Stock.Version,
        AllocatorVersion = allocator,
        Sha256 = DefragPython.HashOf(executable),
        Soabi = order.Stock.Names["SOABI"],
        Method = PythonMethod.FromInstalled,
        Stock = order.Stock.Executable,
        Created = DateTimeOffset.Now,
        Stages = run.Stages,
        Checks = checks,
    };
}
