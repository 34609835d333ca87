using System.Globalization;
using System.Text;

namespace Defragger.Bench.Malloc;

/// <summary>The same programs under each malloc. <c>./defrag bench malloc</c> calls this.</summary>
internal static class Program
{
    private static int Main(string[] words)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        string root = Repository.Root();
        IReadOnlyList<Allocator> all = Allocator.All(root);
        if (words is ["--help" or "-h"])
        {
            Console.Write(Options.Usage);
            return 0;
        }
        if (!Options.TryParse(words, [.. all.Select(one => one.Name)], out Options? options, out string reason))
        {
            Console.Error.WriteLine($"malloc: {reason}.\n\n{Options.Usage}");
            return 2;
        }

        if (options.Only != "micro")
        {
            string? python = Machine.PythonExecutable(options.Python);
            if (python == null)
            {
                Console.Error.WriteLine("malloc: python3 is missing: apt-get install python3");
                return 2;
            }
            options = options with { Python = python };
        }

        var found = new List<Allocator>();
        var missing = new List<Allocator>();
        foreach (Allocator one in all.Where(one => one.Library == null || options.Allocators?.Contains(one.Name) != false))
        {
            if (one.Found() is { } here) found.Add(here);
            else missing.Add(one);
        }
        foreach (Allocator one in missing) Console.Error.WriteLine($"left out: {one.Name} ({one.Remedy})");

        string load = Machine.Load();
        Results results;
        try
        {
            var launcher = new Launcher(Path.Combine(root, "artifacts/native/defrag-launch"));
            results = Results.Measure(new Programs(root, options), found, launcher, options);
        }
        catch (InvalidOperationException e)
        {
            Console.Error.WriteLine($"malloc: a program failed: {e.Message}");
            return 1;
        }

        string? output = options.Output ?? (options.IsWhole ? Path.Combine(root, "docs/benchmarks") : null);
        if (output != null) Directory.CreateDirectory(output);
        List<string> plots = output == null ? [] : Plots.Draw(results, output);
        string text = Document.Of(results, Preamble(root, options, found, missing, load), plots);
        if (output != null) File.WriteAllText(Path.Combine(output, "malloc.md"), text);
        Console.Write(text);
        return 0;
    }

    private static string Preamble(string root, Options options, List<Allocator> found, List<Allocator> missing, string load)
    {
        var text = new StringBuilder();
        text.Append($"{Machine.Describe()}, load {load} to {Machine.Load()}.\n");
        text.Append($"{Machine.PythonVersion(options.Python)}. Rounds of speed: {options.Rounds}, of memory: 1.");
        if (options.Quick) text.Append(" **Quick: a fifth of the work, not for comparing.**");
        text.Append("\n\n");
        foreach (Allocator one in found)
        {
            string version = one.Package == null
                ? $"commit {Machine.Commit(root)}"
                : $"{one.Package} {Machine.PackageVersion(one.Package)}";
            text.Append($"* {one.Name}: {version}{string.Concat(one.Settings.Select(setting => $", `{setting}`"))}\n");
        }
        foreach (Allocator one in missing) text.Append($"* **{one.Name}: left out** ({one.Remedy})\n");
        return text.ToString();
    }
}
