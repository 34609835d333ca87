using System.Text.Json;
using Defragger.Engines;

namespace Defragger.Python.Suite;

/// <summary>What the suite has to know of a Python.</summary>
/// <param name="Version">Its version.</param>
/// <param name="HasRunner">Whether it has <c>python -m test</c>.</param>
/// <param name="Files">Those of the test files that it has.</param>
internal sealed record PythonFacts(Version Version, bool HasRunner, IReadOnlySet<string> Files)
{
    private const string Question =
        "import importlib.util, json, sys\n"
        + "has = lambda name: importlib.util.find_spec(name) is not None\n"
        + "runner = has('test') and has('test.libregrtest')\n"
        + "print(json.dumps([list(sys.version_info[:3]), runner, [one for one in sys.argv[1:] if runner and has('test.' + one)]]))";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <exception cref="PythonSuiteException">It does not start or does not answer.</exception>
    public static PythonFacts Ask(CommandRunner runner, string python, IEnumerable<string> files, string folder, CancellationToken stop)
    {
        ProcessReport report = PythonSuite.Capture(runner, python, ["-c", Question, .. files], folder, s_patience, stop);
        if (report.ExitCode != 0)
        {
            string why = report.StartError ?? (report.TimedOut ? "it gave no answer within a minute" : report.StandardError.Trim());
            throw new PythonSuiteException($"'{python}' cannot be asked for its version: {(why.Length > 0 ? why : $"exit code {report.ExitCode}")}");
        }
        try
        {
            using JsonDocument answer = JsonDocument.Parse(report.StandardOutput);
            int[] version = [.. answer.RootElement[0].EnumerateArray().Select(one => one.GetInt32())];
            return new PythonFacts(
                new Version(version[0], version[1], version[2]), answer.RootElement[1].GetBoolean(),
                answer.RootElement[2].EnumerateArray().Select(one => one.GetString()!).ToHashSet(StringComparer.Ordinal));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new PythonSuiteException($"'{python}' is no Python; asked for its version it says: {report.StandardOutput.Trim()}", e);
        }
    }
}
