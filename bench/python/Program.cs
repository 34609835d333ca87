using System.Globalization;

namespace Defragger.Bench.Python;

/// <summary>A worker on an installed Python and on ours. <c>./defrag bench python</c> calls this.</summary>
internal static class Program
{
    private static int Main(string[] words)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        if (words is ["--help" or "-h"])
        {
            Console.Write(Options.Usage);
            return 0;
        }
        if (!Options.TryParse(words, out Options? options, out string reason))
        {
            Console.Error.WriteLine($"python: {reason}.\n\n{Options.Usage}");
            return 2;
        }
        string? python = Machine.PythonExecutable(options.Python);
        if (python == null)
        {
            Console.Error.WriteLine($"python: '{options.Python}' does not start: apt-get install python3, or name another by --python.");
            return 2;
        }

        string root = Repository.Root(), load = Machine.Load();
        Results results;
        try
        {
            options = options with { Python = python, Ours = options.Ours ?? LinkedPython.Make(root, python) };
            results = Results.Measure(root, options);
        }
        catch (InvalidOperationException e)
        {
            Console.Error.WriteLine($"python: {e.Message}");
            return 1;
        }

        string? output = options.Output ?? (options.Quick ? null : Path.Combine(root, "docs/benchmarks"));
        if (output != null)
        {
            Directory.CreateDirectory(output);
            PlotStyle.Save(Plot.Of(results), Path.Combine(output, Plot.Name));
        }
        string text = Document.Of(results, root, options, load);
        if (output != null) File.WriteAllText(Path.Combine(output, "python.md"), text);
        Console.Write(text);
        return 0;
    }
}
