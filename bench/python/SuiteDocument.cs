using System.Diagnostics;
using System.Globalization;
using System.Text;
using Defragger.Python.Suite;

namespace Defragger.Bench.Python;

/// <summary>What tests of CPython say of both Pythons, in Markdown.</summary>
internal static class SuiteDocument
{
    private const string Forks = "test/python/test_process.py", ForksTest = "Forks.test_a_child_can_allocate_whatever_other_threads_were_doing";

    // Of the default list, without its forks: they are the reason for a malloc to be careful.
    private const string AndForks = "test_multiprocessing_fork";

    /// <summary>Runs the tests and writes the document.</summary>
    /// <returns>Its text.</returns>
    /// <exception cref="PythonSuiteException">The suite cannot run.</exception>
    public static string Make(string root, Options options)
    {
        string commit = Machine.Commit(root); // before minutes have passed
        var suite = new SuiteOptions
        {
            Stock = options.Python,
            Python = options.Ours!,
            Launcher = Path.Combine(root, "artifacts/native/defrag-launch"),
            Files = options.Files ?? [.. StandardTests.Default, AndForks],
        };
        var results = new List<SuiteResult>();
        foreach (SuiteResult one in PythonSuite.Run(suite))
        {
            Console.Error.WriteLine($"{one.File}: {one.Status}");
            results.Add(one);
        }
        string text = Of(results, options, commit, ForksPass(root, options));
        string? output = options.Output ?? (options.Files == null ? Path.Combine(root, "docs") : null);
        if (output == null) return text;
        Directory.CreateDirectory(output);
        File.WriteAllText(Path.Combine(output, "python-suite.md"), text);
        return text;
    }

    private static string Of(List<SuiteResult> results, Options options, string commit, bool forksPass)
    {
        List<SuiteResult> ran = [.. results.Where(one => one.Status != SuiteStatus.NotThere)];
        var text = new StringBuilder("# CPython's own tests on our malloc\n\nWritten by `./defrag bench python --suite`; do not edit.\n\n");
        text.Append($"{Machine.Describe()}.\n{Machine.PythonVersion(options.Python)}");
        if (Machine.Owner(options.Python) is { } package) text.Append($" ({package})");
        text.Append($", as installed and linked with our malloc, commit {commit}.\n\n");
        text.Append($"**{ran.Count} test files, {ran.Sum(one => one.Stock.Passed)} tests that pass on stock Python: ");
        text.Append($"{Of(SuiteDifferenceKind.NewFailure)} new failures, {Of(SuiteDifferenceKind.ByDesign)} by design, ");
        text.Append($"{Of(SuiteDifferenceKind.Fixed)} fixed, {Of(SuiteDifferenceKind.NotRun)} not run, {Of(SuiteDifferenceKind.Unstable)} unstable.**\n\n");
        text.Append($"Processor time of all, of stock Python's: {Seconds(ran, one => one.Python) / Seconds(ran, one => one.Stock):0.00}.\n");
        text.Append($"60 forks while four threads allocate ([{Forks}](../lib/Defragger.Native/{Forks})): {(forksPass ? "60 of 60 children work" : "**failed**")}.\n");
        string[] missing = [.. results.Where(one => one.Status == SuiteStatus.NotThere).Select(one => one.File)];
        if (missing.Length > 0) text.Append($"\nNot there in this Python, and so not run: {string.Join(", ", missing)}.\n");
        text.Append("""

            Each file runs on stock Python and then on ours, by `python -m test`, one at a time, in an empty folder of its own, without `PYTHON*`
            in the environment and with the signals at their defaults. A failure that both have is no difference. A file with a new failure runs
            again on both, and what fails only once counts as unstable.

            ## What differs


            """);
        text.Append(Differences(ran)).Append("\n## The files\n\n").Append(Files(ran));
        return text.ToString();

        int Of(SuiteDifferenceKind kind) => ran.Sum(one => one.Differences.Count(difference => difference.Kind == kind));
    }

    private static string Differences(List<SuiteResult> ran)
    {
        var text = new StringBuilder();
        foreach (SuiteDifference one in ran.SelectMany(one => one.Differences))
        {
            string reason = one.Reason.Split('\n')[^1].Trim();
            text.Append($"* {one.Kind}: `{one.Test}`{(reason.Length > 0 ? $": {reason}" : "")}\n");
        }
        return text.Length > 0 ? text.ToString() : "Nothing.\n";
    }

    private static string Files(List<SuiteResult> ran)
    {
        var table = new Table("file", "passed", "failed", "skipped", "ours: passed", "failed", "skipped", "CPU s", "ours", "runs");
        foreach (SuiteResult one in ran)
            table.Add([one.File, .. Counts(one.Stock), .. Counts(one.Python), Text(one.Stock), Text(one.Python), $"{one.Runs}"]);
        return table.ToString();

        static string[] Counts(SuiteCount count) => [$"{count.Passed}", $"{count.Failed}", $"{count.Skipped}"];
        static string Text(SuiteCount count) => count.Cpu.TotalSeconds.ToString("f1", CultureInfo.InvariantCulture);
    }

    private static double Seconds(List<SuiteResult> ran, Func<SuiteResult, SuiteCount> side) => ran.Sum(one => side(one).Cpu.TotalSeconds);

    private static bool ForksPass(string root, Options options)
    {
        var start = new ProcessStartInfo(options.Ours!, ["-B", Path.Combine(root, "lib/Defragger.Native", Forks), ForksTest])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DEFRAG_TEST_STOCK"] = options.Python;
        using Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
