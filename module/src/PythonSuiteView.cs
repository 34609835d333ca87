using System.Management.Automation;
using Defragger.Python.Suite;

namespace Defragger.PowerShell;

/// <summary>Runs CPython's own tests on two Pythons and hands on what differs: each file as it ends.</summary>
internal static class PythonSuiteView
{
    /// <summary>Runs the files; results of those without a difference are only counted.</summary>
    /// <param name="command">Writes results, errors and progress.</param>
    /// <param name="options">The Pythons and the files.</param>
    /// <param name="stop">Ends the run at once.</param>
    public static void Run(Cmdlet command, SuiteOptions options, CancellationToken stop)
    {
        const string Activity = "CPython's tests";
        int done = 0, same = 0;
        Show(options.Files.Count > 0 ? options.Files[0] : "");
        foreach (SuiteResult one in PythonSuite.Run(options, stop))
        {
            done++;
            same += one.Status == SuiteStatus.Same ? 1 : 0;
            Show(done < options.Files.Count ? options.Files[done] : "");
            if (one.Status != SuiteStatus.Same) command.WriteObject(one);
            if (one.Status != SuiteStatus.NewFailure) continue;
            IEnumerable<string> failures = one.Differences
                .Where(each => each.Kind == SuiteDifferenceKind.NewFailure).Select(each => each.Test);
            command.WriteError(ErrorKind.PythonTestFailed.Record(
                $"{one.File} fails on '{options.Python}' and not on '{options.Stock}': {string.Join(", ", failures)}", one));
        }
        command.WriteProgress(new ProgressRecord(1, Activity, "Done") { RecordType = ProgressRecordType.Completed });
        command.WriteVerbose($"{same} of {done} test files end as on '{options.Stock}'.");

        void Show(string file) => command.WriteProgress(new ProgressRecord(1, Activity, $"{done} of {options.Files.Count} files")
        {
            PercentComplete = 100 * done / Math.Max(1, options.Files.Count),
            CurrentOperation = file,
        });
    }
}
