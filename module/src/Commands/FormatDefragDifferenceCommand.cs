using System.Management.Automation;
using Defragger.Compare;
using Defragger.Comparers;
using Defragger.Comparers.Differences;
using Defragger.Diff;
using Defragger.PowerShell.Completers;
using Defragger.PowerShell.Parameters;

namespace Defragger.PowerShell.Commands;

/// <summary>Shows what differs in a case: changed lines with their words, in colours on a terminal.</summary>
[Cmdlet(VerbsCommon.Format, "DefragDifference", DefaultParameterSetName = OfRun, HelpUri = "")]
[OutputType(typeof(DiffLine))]
public sealed class FormatDefragDifferenceCommand : EarlierRunCommand
{
    private const string OfRun = "Run", OfFiles = "File", OfResult = "Result";

    /// <summary>Only cases whose name, or the last part of it, matches.</summary>
    [Parameter(Position = 0, ParameterSetName = OfRun)]
    [ArgumentCompleter(typeof(JournalCaseCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [PSDefaultValue(Help = "all that differ")]
    public string[] Case { get; set; } = [];

    /// <summary>The output directory of a run; of a directory that holds several the newest one.</summary>
    [Parameter(Position = 1, ParameterSetName = OfRun)]
    [Alias("OutputDirectory")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = DefaultPath;

    /// <summary>A file of the baseline.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OfFiles)]
    [ValidateNotNullOrEmpty]
    public string Baseline { get; set; } = "";

    /// <summary>A file of the candidate.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OfFiles)]
    [ValidateNotNullOrEmpty]
    public string Candidate { get; set; } = "";

    /// <summary>Results of Invoke-DefragCompare, or of Get-DefragCompare -Result.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = OfResult)]
    [ValidateNotNull]
    public CaseResult? InputObject { get; set; }

    /// <summary>Equal lines that are shown before and after a difference.</summary>
    [Parameter]
    [ValidateRange(0, 1000)]
    public int Context { get; set; } = 3;

    /// <summary>The most lines of a case.</summary>
    [Parameter]
    [ValidateRange(1, 1_000_000)]
    public int MaxLine { get; set; } = 400;

    /// <summary>Shows files line by line, whatever their format.</summary>
    [Parameter]
    public SwitchParameter AsText { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == OfResult) Show(InputObject!);
        else if (ParameterSetName == OfFiles) ShowFiles(FullPath(Baseline), FullPath(Candidate));
        else ShowRun(NewestRun(Path));
    }

    private void ShowRun(string directory)
    {
        var filter = new CaseFilter([], Case, []);
        bool any = false;
        using JournalIndex index = Guard(directory, () => new JournalIndex(OutputFolder.JournalOf(directory), TellDamage));
        foreach (JournalLine line in Streamed(directory, index.LastLines()))
        {
            if (Stop.IsCancellationRequested) return;
            // Without a name, what passes says nothing.
            if (!filter.Takes(line.Result.Case) || (filter.TakesAll && line.Result.Status is CaseStatus.Same or CaseStatus.Ignored)) continue;
            any = true;
            Show(line.Result);
        }
        if (!any && !filter.TakesAll)
            WriteError(ErrorKind.NoCase.Record($"The run in '{directory}' has no case that -Case lets through.", directory));
    }

    private void ShowFiles(string baseline, string candidate)
    {
        try
        {
            ComparisonResult found = FileComparer.Compare(
                baseline, candidate, ComparisonFormat.Auto, shown: Math.Min(MaxLine, DifferenceList.MaximumLimit));
            Show(new CaseResult
            {
                Case = System.IO.Path.GetFileName(candidate),
                Status = found.Same ? CaseStatus.Same : CaseStatus.Changed,
                Reason = found.Reason,
                BaselinePath = baseline,
                CandidatePath = candidate,
                New = found.Counts?.New,
                Absent = found.Counts?.Absent,
                Updated = found.Counts?.Updated,
                Moved = found.Counts?.Moved,
                Differences = found.Differences,
            });
        }
        catch (ComparisonException e)
        {
            WriteError(ErrorKind.CaseError.Record($"{e.Message}.", candidate, e));
        }
    }

    private void Show(CaseResult result)
    {
        using IEnumerator<DiffLine> lines = CaseDiff.Of(result, new DiffOptions(Context, MaxLine, AsText)).GetEnumerator();
        while (!Stop.IsCancellationRequested)
        {
            try
            {
                if (!lines.MoveNext()) return;
            }
            catch (ComparisonException e)
            {
                WriteError(ErrorKind.CaseError.Record($"{e.Message}.", result, e));
                return;
            }
            WriteObject(lines.Current);
        }
    }
}
