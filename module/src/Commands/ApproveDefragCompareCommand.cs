using System.Management.Automation;
using Defragger.Approval;
using Defragger.Compare;
using Defragger.PowerShell.Completers;
using Defragger.PowerShell.Parameters;

namespace Defragger.PowerShell.Commands;

/// <summary>Makes results of a candidate the new baseline, from what a run has compared.</summary>
[Cmdlet(VerbsLifecycle.Approve, "DefragCompare", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High,
    DefaultParameterSetName = ByRun, HelpUri = "")]
[OutputType(typeof(ApprovedCase))]
public sealed class ApproveDefragCompareCommand : EarlierRunCommand
{
    private const string ByRun = "Run", ByResult = "Result", Activity = "Approving";
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<string, RunInHand> _runs = new(StringComparer.Ordinal);
    private CaseFilter _filter = CaseFilter.All;
    private long _chosen;
    private long _shownAt = TimeProvider.System.GetTimestamp();
    private bool _shown;

    /// <summary>The output directory of a run; of a directory that holds several the newest one.</summary>
    [Parameter(Position = 0, ParameterSetName = ByRun)]
    [Alias("OutputDirectory")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = DefaultPath;

    /// <summary>Results of Invoke-DefragCompare, or of Get-DefragCompare -Result.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByResult)]
    [ValidateNotNull]
    public CaseResult? InputObject { get; set; }

    /// <summary>Only cases whose name, or the last part of it, matches.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(JournalCaseCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Case { get; set; } = [];

    /// <summary>Only cases that came out so.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PSDefaultValue(Help = "all but Same and Ignored; of results from the pipeline all")]
    public CaseStatus[] Status { get; set; } = [];

    /// <summary>All cases with differences.</summary>
    [Parameter(ParameterSetName = ByRun)]
    public SwitchParameter All { get; set; }

    /// <summary>Takes files as they are now, also when they have changed since they were compared.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (!OperatingSystem.IsLinux())
            Fail(ErrorKind.PlatformNotSupported, "Approving needs Linux; this system is another.", Environment.OSVersion.VersionString);
        if (ParameterSetName == ByRun && !MyInvocation.ExpectingInput && Case.Length + Status.Length == 0 && !All)
            Fail(ErrorKind.NothingChosen, "Nothing is chosen to be approved: give -Case, -Status or -All.", null);
        _filter = new CaseFilter([], Case, []);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ByRun) ApproveRun(NewestRun(Path));
        else if (Takes(InputObject!)) ApproveResult(InputObject!);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_shown) WriteProgress(new ProgressRecord(0, Activity, "done") { RecordType = ProgressRecordType.Completed });
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) foreach (RunInHand run in _runs.Values) run.Dispose();
        base.Dispose(disposing);
    }

    private void ApproveRun(string directory)
    {
        if (OutputFolder.IsInUse(directory))
            Fail(ErrorKind.RunGoesOn, $"The run in '{directory}' goes on. Wait for its end, or pipe its results here as they come.", directory);
        RunInHand run = Open(directory);
        foreach (JournalLine line in Streamed(directory, run.Index.LastLines()))
        {
            if (Stop.IsCancellationRequested) return;
            if (Takes(line.Result)) Approve(run, line);
        }
        if (_chosen == 0)
        {
            WriteError(ErrorKind.NoCase.Record(
                $"No case of the run in '{directory}' is chosen by what was given{(Status.Length == 0 ? ", or none of those has a difference" : "")}.",
                directory));
        }
    }

    private void ApproveResult(CaseResult result)
    {
        if (result.OutputDirectory is not string directory)
        {
            WriteError(ErrorKind.CaseOutside.Record(
                $"'{result.Case}' tells no output directory: it is no result of a run. Use Get-DefragCompare -Result.", result));
            return;
        }
        RunInHand run = Open(directory);
        JournalLine? line = Guard(directory, () => run.Index.Find(result.Case));
        // A run that goes on has written it since the journal was read.
        if (line?.Result.Status != result.Status) line = Guard(directory, () => run.Index.FindAgain(result.Case));
        if (line?.Result.Status != result.Status)
        {
            WriteError(ErrorKind.CaseStale.Record(
                $"'{result.Case}' came out as {result.Status}, but the journal in '{directory}' says "
                + $"{line?.Result.Status.ToString() ?? "nothing of it"} now. "
                + "Take the results from there: Get-DefragCompare -Result.", result));
            return;
        }
        Approve(run, line!);
    }

    /// <summary>What passes is not approved unless it is asked for; what could not be compared is told.</summary>
    private bool Takes(CaseResult result) =>
        _filter.Takes(result.Case) && (Status.Length == 0
            ? ParameterSetName == ByResult || result.Status is not (CaseStatus.Same or CaseStatus.Ignored)
            : Status.Contains(result.Status));

    private void Approve(RunInHand run, JournalLine line)
    {
        _chosen++;
        ShowProgress();
        try
        {
            ApprovalPlan plan = run.Approver.Plan(line);
            if (plan.Action == ApprovalAction.Unchanged || ShouldProcess(Target(run, plan), Action(plan)))
                WriteObject(run.Approver.Carry(plan, Stop));
        }
        catch (ApprovalException e)
        {
            ErrorKind kind = e.Fault switch
            {
                ApprovalFault.Stale => ErrorKind.CaseStale,
                ApprovalFault.NotCompared => ErrorKind.CaseNotCompared,
                ApprovalFault.Outside => ErrorKind.CaseOutside,
                _ => ErrorKind.ApproveFailed,
            };
            WriteError(kind.Record(e.Message, line.Result, e));
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C: the engine tells it.
        }
    }

    private static string Target(RunInHand run, ApprovalPlan plan) =>
        $"the baseline's '{System.IO.Path.Combine(run.Index.Header.Baseline, plan.Name)}'";

    private static string Action(ApprovalPlan plan) => plan.Action switch
    {
        ApprovalAction.Removed => "Remove, as it is gone from the candidate",
        ApprovalAction.Added => $"Add from the candidate's '{plan.Source}' ({MemorySize.Format(plan.Bytes)})",
        _ => $"Replace by the candidate's '{plan.Source}' ({MemorySize.Format(plan.Bytes)})",
    };

    private RunInHand Open(string directory)
    {
        if (_runs.TryGetValue(directory, out RunInHand? run)) return run;
        var index = Guard(directory, () => new JournalIndex(OutputFolder.JournalOf(directory), TellDamage));
        JournalHeader header = index.Header;
        try
        {
            return _runs[directory] = new RunInHand(index, new Approver(header.Baseline, header.Candidate, Force));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            index.Dispose();
            Fail(ErrorKind.ApproveFailed, $"The baseline '{header.Baseline}' cannot be approved to: {e.Message}.", header.Baseline, e);
            throw;
        }
    }

    private void ShowProgress()
    {
        if (TimeProvider.System.GetElapsedTime(_shownAt) < s_interval) return;
        _shownAt = TimeProvider.System.GetTimestamp();
        _shown = true;
        WriteProgress(new ProgressRecord(0, Activity, $"{_chosen:N0} cases"));
    }

    /// <summary>A run whose results are approved: its journal, and the baseline.</summary>
    private sealed record RunInHand(JournalIndex Index, Approver Approver) : IDisposable
    {
        public void Dispose()
        {
            Approver.Dispose();
            Index.Dispose();
        }
    }
}
