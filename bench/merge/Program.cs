using System.Globalization;

namespace Defragger.Bench.Merge;

/// <summary>A worker whose sparse pages are merged, beside the same without and under other allocators. <c>./defrag bench
/// merge</c> calls this.</summary>
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
        if (Options.Parse(words) is not { } options)
        {
            Console.Error.WriteLine($"merge: '{string.Join(' ', words)}' is not possible.\n\n{Options.Usage}");
            return 2;
        }
        string root = Repository.Root();
        try
        {
            string load = Machine.Load(), commit = Machine.Commit(root); // before minutes have passed
            Results results = Results.Measure(root, options);
            string? output = options.Output ?? (options.Quick ? null : Path.Combine(root, "docs/benchmarks"));
            string text = Document.Of(results, options, commit, load);
            if (output != null) Publication.Write(output, "merging.md", text, Plot.Name, Plot.Of(results));
            Console.Write(text);
            return 0;
        }
        catch (InvalidOperationException e)
        {
            Console.Error.WriteLine($"merge: {e.Message}");
            return 1;
        }
    }
}
