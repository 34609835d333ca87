using System.Globalization;
using Defragger.Python.Suite;

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

        string root = Repository.Root();
        try
        {
            options = options with { Python = python, Ours = options.Ours ?? LinkedPython.Make(root, python) };
            string text = options.Suite ? SuiteDocument.Make(root, options) : Measured(root, options);
            Console.Write(text);
            return 0;
        }
        catch (Exception e) when (e is InvalidOperationException or PythonSuiteException or ArgumentException)
        {
            Console.Error.WriteLine($"python: {e.Message}");
            return 1;
        }
    }

    private static string Measured(string root, Options options)
    {
        string load = Machine.Load(), commit = Machine.Commit(root); // before minutes have passed
        Results results = Results.Measure(root, options);
        string? output = options.Output ?? (options.Quick ? null : Path.Combine(root, "docs/benchmarks"));
        string text = Document.Of(results, options, commit, load);
        if (output != null) Publication.Write(output, "python.md", text, Plot.Name, Plot.Of(results));
        return text;
    }
}
