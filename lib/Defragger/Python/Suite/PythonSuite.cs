using System.ComponentModel;
using System.Text.RegularExpressions;
using Defragger.Engines;

namespace Defragger.Python.Suite;

/// <summary>Runs tests of CPython's own suite on stock Python and on the same Python on our malloc, and tells the difference.</summary>
/// <remarks>A test that fails on both, as some do on any machine, is no difference.</remarks>
public static partial class PythonSuite
{
    /// <summary>Runs the files one after the other, each on stock Python and then on ours, and gives each one's result as it
    /// comes. Nothing runs before the first is asked for.</summary>
    /// <param name="options">The Pythons and the files.</param>
    /// <param name="stop">Ends the run, and all that it has started, at once.</param>
    /// <exception cref="ArgumentException">A value of the options means nothing.</exception>
    /// <exception cref="PythonSuiteException">The suite cannot run; thrown by the first step, before any test.</exception>
    /// <exception cref="LauncherLostException">The launcher was killed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public static IEnumerable<SuiteResult> Run(SuiteOptions options, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.FileTimeout, TimeSpan.Zero, nameof(options.FileTimeout));
        ArgumentOutOfRangeException.ThrowIfNegative(options.Retries, nameof(options.Retries));
        // A word that begins with '-' would be an option of the test runner.
        foreach (string file in options.Files)
        {
            if (!FileName().IsMatch(file))
                throw new ArgumentException($"'{file}' is no name of a test file, such as test_json.", nameof(options));
        }
        return Results(options, stop);
    }

    private static IEnumerable<SuiteResult> Results(SuiteOptions options, CancellationToken stop)
    {
        using CommandRunner runner = Start(options.Launcher);
        PythonFacts facts = Agree(runner, options, stop);
        foreach (string file in options.Files)
            yield return facts.Files.Contains(file) ? Compare(runner, options, facts, file, stop) : SuiteResult.NotThere(file);
    }

    /// <summary>Both are of one version and have tests.</summary>
    private static PythonFacts Agree(CommandRunner runner, SuiteOptions options, CancellationToken stop)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("defrag-suite-");
        try
        {
            PythonFacts stock = PythonFacts.Ask(runner, options.Stock, options.Files, folder.FullName, stop);
            PythonFacts ours = PythonFacts.Ask(runner, options.Python, options.Files, folder.FullName, stop);
            if (stock.Version != ours.Version)
            {
                throw new PythonSuiteException(
                    $"'{options.Stock}' is Python {stock.Version} and '{options.Python}' is {ours.Version}: only one version can be compared.");
            }
            if (!stock.HasRunner || stock.Files.Count == 0)
            {
                throw new PythonSuiteException(
                    $"'{options.Stock}' has none of the test files: apt-get install libpython{stock.Version.ToString(2)}-testsuite, "
                    + "or build Python with its tests.");
            }
            return stock;
        }
        finally
        {
            Remove(folder);
        }
    }

    private static SuiteResult Compare(CommandRunner runner, SuiteOptions options, PythonFacts facts, string file, CancellationToken stop)
    {
        List<FileRun> stock = [], ours = [];
        IReadOnlyList<SuiteDifference> differences;
        do
        {
            stock.Add(Run(runner, options.Stock, file, options.FileTimeout, stop));
            ours.Add(Run(runner, options.Python, file, options.FileTimeout, stop));
            differences = FileDifference.Of(stock, ours, test => ByDesign.Reason(test, facts.Version));
        }
        while (ours.Count <= options.Retries && differences.Any(one => one.Kind == SuiteDifferenceKind.NewFailure));
        return SuiteResult.Of(file, stock, ours, differences);
    }

    private static FileRun Run(CommandRunner runner, string python, string file, TimeSpan timeout, CancellationToken stop)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("defrag-suite-");
        try
        {
            string xml = Path.Combine(folder.FullName, "junit.xml");
            ProcessReport report = Capture(runner, python, ["-m", "test", "--junit-xml", xml, file], folder.FullName, timeout, stop);
            try
            {
                return FileRun.Of(report, File.Exists(xml) ? JunitReport.Read(xml) : null, "no report was written");
            }
            catch (FormatException e)
            {
                return FileRun.Of(report, null, e.Message);
            }
        }
        finally
        {
            Remove(folder);
        }
    }

    private static CommandRunner Start(string launcher)
    {
        try
        {
            return new CommandRunner(launcher);
        }
        catch (Win32Exception e)
        {
            throw new PythonSuiteException($"The launcher '{launcher}' cannot be started: {e.Message}", e);
        }
    }

    /// <summary>Runs a Python with these words, in a folder that has its temporary files too.</summary>
    internal static ProcessReport Capture(
        CommandRunner runner, string python, IEnumerable<string> words, string folder, TimeSpan timeout, CancellationToken stop)
    {
        var command = new BuildCommand(python, [.. words])
        {
            Directory = folder,
            Environment = new Dictionary<string, string> { ["TMPDIR"] = folder },
        };
        ProcessReport report = runner.Capture(command, timeout, stop);
        return report.LauncherLost ? throw new LauncherLostException(report.StartError!) : report;
    }

    // A test may leave something that cannot be removed, such as a folder without rights: it stays where temporary files lie.
    private static void Remove(DirectoryInfo folder)
    {
        try
        {
            folder.Delete(recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_.]*$")]
    private static partial Regex FileName();
}
