using System.Collections;
using System.Management.Automation;
using Defragger.Compare;
using Defragger.PowerShell.Completers;
using Defragger.PowerShell.Parameters;
using Defragger.Reports;

namespace Defragger.PowerShell.Commands;

/// <summary>Compares the results of a baseline run with those of a candidate run, case by case, throttled by memory.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "DefragCompare", SupportsShouldProcess = true, HelpUri = "")]
[OutputType(typeof(CaseResult))]
public sealed class InvokeDefragCompareCommand : CancellableCommand
{
    private CompareSetup? _setup;
    private RunPump? _pump;
    private RunView? _view;
    private CaseReader? _reader;
    private bool _refused; // a case that was handed in could not be read

    /// <summary>The directory with the baseline's results, or one file of it.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Baseline { get; set; } = "";

    /// <summary>The directory with the candidate's results, or one file of it.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Candidate { get; set; } = "";

    /// <summary>Cases by name, as file objects, or as rows with Case and, where the paths differ, Baseline and Candidate.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ValidateNotNull]
    public PSObject? InputObject { get; set; }

    /// <summary>A file that lists cases, one a line: a name, or a JSON object with case, baseline and candidate.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Manifest { get; set; }

    /// <summary>Only cases whose name, or the last part of it, matches.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CaseNameCompleter))]
    [PSDefaultValue(Help = "all cases")]
    public string? Filter { get; set; }

    /// <summary>Only cases that match one of these.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CaseNameCompleter))]
    [PSDefaultValue(Help = "all cases")]
    public string[] Include { get; set; } = [];

    /// <summary>No cases that match one of these.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CaseNameCompleter))]
    public string[] Exclude { get; set; } = [];

    /// <summary>Also reads files that links in the directories lead to outside of them.</summary>
    [Parameter]
    public SwitchParameter FollowLink { get; set; }

    /// <summary>The program that compares a case, and its arguments with {baseline}, {candidate} and {case}.</summary>
    [Parameter(ValueFromRemainingArguments = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(ProgramCompleter))]
    [PSDefaultValue(Help = "the built-in comparer")]
    public string[] Command { get; set; } = [];

    /// <summary>Formats by file pattern for the built-in comparer.</summary>
    [Parameter]
    [DictionaryTransformation]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(FormatCompleter))]
    [PSDefaultValue(Help = "by file pattern")]
    public IDictionary Format { get; set; } = new Hashtable();

    /// <summary>Members or columns by which records of JSON arrays, JSON Lines and CSV are matched, by file pattern.</summary>
    [Parameter]
    [DictionaryTransformation(Otherwise = "*")]
    [ValidateNotNull]
    public IDictionary Key { get; set; } = new Hashtable();

    /// <summary>By how much numbers may differ, by patterns of their paths: @{ '*.time' = '10%'; 'metrics/*' = 1e-9 }.</summary>
    [Parameter]
    [DictionaryTransformation]
    [ValidateNotNull]
    public IDictionary Tolerance { get; set; } = new Hashtable();

    /// <summary>Further runs of the baseline's program: where they differ from the baseline, a difference is noise.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Baseline2 { get; set; } = [];

    /// <summary>A file of known differences: a JSON array of rules with a reason.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? IgnoreRule { get; set; }

    /// <summary>Differences of a case whose text is kept in its result; the counts are of all.</summary>
    [Parameter]
    [ValidateRange(0, 1000)]
    public int MaxDifference { get; set; } = 50;

    /// <summary>Where the cases are compared: on this machine, or on the cluster that it hands in jobs to.</summary>
    [Parameter]
    public CaseEngine Engine { get; set; } = CaseEngine.Local;

    /// <summary>The partition for the tasks; the cluster's default when it is not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PSDefaultValue(Help = "the cluster's default")]
    public string? SlurmPartition { get; set; }

    /// <summary>The account that the tasks are charged to.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PSDefaultValue(Help = "the user's default")]
    public string? SlurmAccount { get; set; }

    /// <summary>The time limit of a task, as sbatch takes it: minutes, hours:minutes:seconds, days-hours.</summary>
    [Parameter]
    [ValidatePattern(@"^(\d+-)?\d+(:\d+){0,2}$")]
    [PSDefaultValue(Help = "the partition's default")]
    public string? SlurmTime { get; set; }

    /// <summary>More options for sbatch, each with its value as one word: '--qos=low'.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] SlurmOption { get; set; } = [];

    /// <summary>The most cases at once; as many as there are cores. On a cluster the most tasks.</summary>
    [Parameter]
    [ValidateRange(1, 4096)]
    [PSDefaultValue(Help = "the number of cores; with -Engine Slurm what the cluster has room for")]
    public int ThrottleLimit { get; set; } = Environment.ProcessorCount;

    /// <summary>How it is decided how many cases may start: by what each needed before, or by used memory alone.</summary>
    [Parameter]
    public ThrottlePolicy Throttle { get; set; } = ThrottlePolicy.Predictive;

    /// <summary>Used memory from which fewer cases run at once: @{ '32GB' = 8; '90%' = 1 }.</summary>
    [Parameter]
    [DictionaryTransformation]
    [ValidateNotNull]
    [PSDefaultValue(Help = "none; with -Throttle Tiers 1/2, 5/8, 3/4 and 7/8 of the memory")]
    public IDictionary? MemoryTier { get; set; }

    /// <summary>Used memory, as an amount or a share, from which one case runs at a time.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MemorySizeCompleter))]
    public string? MemoryBudget { get; set; }

    /// <summary>The memory that one case may hold; enforced where a cgroup can be made.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MemorySizeCompleter))]
    public string? CaseMemoryLimit { get; set; }

    /// <summary>How often a case that ran out of memory is tried again, with more set aside and at last alone.</summary>
    [Parameter]
    [ValidateRange(0, 5)]
    public int OomRetry { get; set; } = 2;

    /// <summary>The file with what each case needed before; the user's own when it is not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PSDefaultValue(Help = "$XDG_STATE_HOME/defragger/history.db, or below ~/.local/state")]
    public string? History { get; set; }

    /// <summary>Neither reads nor keeps what cases need.</summary>
    [Parameter]
    public SwitchParameter NoHistory { get; set; }

    /// <summary>Seconds after which a case is ended.</summary>
    [Parameter]
    [ValidateRange(0.001, 2_000_000.0)]
    public double? TimeoutSeconds { get; set; }

    /// <summary>The directory for journal, samples, graph and logs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PSDefaultValue(Help = "defrag-compare/<time>")]
    public string? OutputDirectory { get; set; }

    /// <summary>Reports to write to the output directory when the run is over, however it ended.</summary>
    [Parameter]
    [ListTransformation]
    [ValidateNotNull]
    public ReportFormat[] Report { get; set; } = [];

    /// <summary>Takes over what the journal in the output directory has decided for unchanged inputs.</summary>
    [Parameter]
    public SwitchParameter Resume { get; set; }

    /// <summary>Replaces the journal of an earlier run.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Sets $LASTEXITCODE: 0 same or ignored, 1 differences, 2 some cases could not be compared, 3 bad input.</summary>
    [Parameter]
    public SwitchParameter ExitCode { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        SetExitCode(3); // until the input has proved good
        try
        {
            _setup = CompareSetup.Of(this, FullPath);
        }
        catch (SetupException e)
        {
            Fail(e.Kind, e.Message, e.Target, e.InnerException);
        }
        if (!ShouldProcess(_setup.Target, _setup.Action))
        {
            SetExitCode(0);
            _setup = null;
            return;
        }
        try
        {
            _setup.OpenOutput();
        }
        catch (SetupException e)
        {
            Fail(e.Kind, e.Message, e.Target, e.InnerException);
        }
        SetExitCode(2); // until the run has ended well
        _view = new RunView(this);
        _reader = new CaseReader(_setup.Baseline, _setup.Candidate, FullPath);
        _pump = new RunPump(_setup.Run, Stop);
        if (Manifest != null) ReadManifest(FullPath(Manifest));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (_pump == null || InputObject == null) return;
        HandIn(() => _reader!.Read(InputObject), InputObject);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_setup == null || _pump == null || _view == null) return;
        _setup.Queue?.Complete();
        while (!_pump.IsOver)
        {
            _pump.Wait(TimeSpan.FromMilliseconds(250));
            _view.Show(_pump);
            // Short cases end a thousand times a second: taken in handfuls they cost the cores less, and no eye sees it.
            Stop.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(10));
        }
        _view.Show(_pump);
        _view.Close();
        try
        {
            CompareSummary summary = _pump.Summary();
            if (summary.Total == 0 && !summary.Stopped)
            {
                SetExitCode(3);
                Fail(ErrorKind.NoCase, _setup.NoCaseMessage, Baseline);
            }
            SetExitCode(_refused ? 2 : summary.ExitCode);
            foreach (string warning in _setup.Settings.RuleWarnings(summary)) WriteWarning(warning);
            _view.Summarize(SummaryText.Lines(summary, _setup.Folder!, Report));
        }
        catch (Exception e) when (RunFailure.Explain(e, _setup.Folder!.FullPath) is var (kind, message))
        {
            Fail(kind, message, _setup.Folder!.FullPath, e);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pump?.Dispose();
            _setup?.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <summary>A parameter was named in the call.</summary>
    internal bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    private void ReadManifest(string path)
    {
        int number = 0;
        try
        {
            foreach (string line in File.ReadLines(path))
            {
                number++;
                HandIn(() => _reader!.ReadLine(line), $"{path}:{number}");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            SetExitCode(3);
            Fail(ErrorKind.ManifestNotReadable, $"The manifest '{path}' cannot be read: {e.Message}", path, e);
        }
    }

    /// <summary>Gives a case to the run, and shows results while the run has enough to do.</summary>
    private void HandIn(Func<TestCase?> read, object shown)
    {
        try
        {
            if (read() is not TestCase one || !_setup!.Filter.Takes(one.Name)) return;
            while (!_setup.Queue!.TryAdd(one, TimeSpan.FromMilliseconds(20)) && !_pump!.IsOver) _view!.Show(_pump);
            _view!.Show(_pump!);
        }
        catch (FormatException e)
        {
            _refused = true;
            WriteError(ErrorKind.InvalidCase.Record($"{e.Message}.", shown, e));
        }
    }

    private void SetExitCode(int code)
    {
        if (ExitCode) SessionState.PSVariable.Set("global:LASTEXITCODE", code);
    }
}
