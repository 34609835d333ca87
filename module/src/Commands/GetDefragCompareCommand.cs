using System.Collections.ObjectModel;
using System.Management.Automation;
using Defragger.Compare;
using Defragger.PowerShell.Completers;
using Defragger.PowerShell.Parameters;
using Defragger.Runs;

namespace Defragger.PowerShell.Commands;

/// <summary>Lists earlier runs of Invoke-DefragCompare, opens their results, and tells what changed from one to another.</summary>
[Cmdlet(VerbsCommon.Get, "DefragCompare", DefaultParameterSetName = Runs, HelpUri = "")]
[OutputType(typeof(EarlierRun), ParameterSetName = [Runs])]
[OutputType(typeof(CaseResult), ParameterSetName = [Results])]
[OutputType(typeof(CaseTrend), ParameterSetName = [Trends])]
public sealed class GetDefragCompareCommand : EarlierRunCommand
{
    private const string Runs = "Run", Results = "Result", Trends = "Trend";
    private readonly List<EarlierRun> _runs = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>Output directories of runs, or directories that hold several.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "OutputDirectory")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [DefaultPath];

    /// <summary>The results of a run in place of the run.</summary>
    [Parameter(Mandatory = true, ParameterSetName = Results)]
    public SwitchParameter Result { get; set; }

    /// <summary>An earlier run: what became of its cases since.</summary>
    [Parameter(Mandatory = true, ParameterSetName = Trends)]
    [ValidateNotNullOrEmpty]
    public string Since { get; set; } = "";

    /// <summary>Only cases whose name, or the last part of it, matches.</summary>
    [Parameter(ParameterSetName = Results)]
    [Parameter(ParameterSetName = Trends)]
    [ArgumentCompleter(typeof(JournalCaseCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Case { get; set; } = [];

    /// <summary>Only cases that came out so.</summary>
    [Parameter(ParameterSetName = Results)]
    [ValidateNotNullOrEmpty]
    public CaseStatus[] Status { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            foreach (string full in FullPaths(path))
            {
                try
                {
                    if (ParameterSetName == Runs) List(full);
                    else if (RunCatalog.Newest(full) is not string run) WriteError(ErrorKind.NoEarlierRun.Record(NoRunMessage(full), full));
                    else if (Result) WriteResults(run);
                    else WriteTrends(run);
                }
                catch (Exception e) when (Explain(e, full) is var (kind, message))
                {
                    WriteError(kind.Record(message, full, e));
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() =>
        WriteObject(_runs.OrderByDescending(run => run.Started).ThenBy(run => run.Path, StringComparer.Ordinal), enumerateCollection: true);

    private Collection<string> FullPaths(string path) =>
        !WildcardPattern.ContainsWildcardCharacters(path) || Directory.Exists(FullPath(path))
            ? [FullPath(path)]
            : SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _);

    private void List(string full)
    {
        IReadOnlyList<string> found = RunCatalog.Find(full);
        if (found.Count == 0)
        {
            // No run yet is an answer; a directory that was named and is none is a mistake.
            if (MyInvocation.BoundParameters.ContainsKey(nameof(Path))) WriteError(ErrorKind.NoEarlierRun.Record(NoRunMessage(full), full));
            return;
        }
        foreach (string directory in found)
        {
            if (Stop.IsCancellationRequested) return;
            if (!_seen.Add(directory)) continue;
            try
            {
                _runs.Add(RunCatalog.Open(directory));
            }
            catch (Exception e) when (Explain(e, directory) is var (kind, message))
            {
                WriteError(kind.Record(message, directory, e));
            }
        }
    }

    private void WriteResults(string directory)
    {
        var filter = new CaseFilter([], Case, []);
        using var index = new JournalIndex(OutputFolder.JournalOf(directory), TellDamage);
        foreach (JournalLine line in index.LastLines())
        {
            if (Stop.IsCancellationRequested) return;
            if (filter.Takes(line.Result.Case) && (Status.Length == 0 || Status.Contains(line.Result.Status)))
                WriteObject(line.Result with { OutputDirectory = directory });
        }
    }

    private void WriteTrends(string directory)
    {
        string since = NewestRun(Since);
        if (since == directory)
        {
            WriteError(ErrorKind.SameRun.Record(
                $"'{Since}' and the run to compare it with are one: '{directory}'. Give two output directories, the later one with -Path.", Since));
            return;
        }
        try
        {
            var filter = new CaseFilter([], Case, []);
            foreach (CaseTrend trend in TrendTable.Compare(since, directory, filter, TellDamage, Stop)) WriteObject(trend);
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C: the engine tells it.
        }
    }
}
