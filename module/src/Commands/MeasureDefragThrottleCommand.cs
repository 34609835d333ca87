using System.Management.Automation;
using Defragger.Compare;
using Defragger.PowerShell.Completers;
using Defragger.Reports;
using Defragger.Simulation;

namespace Defragger.PowerShell.Commands;

/// <summary>Plays made or recorded work through ways to decide which case starts when, in seconds instead of hours.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "DefragThrottle", SupportsShouldProcess = true, DefaultParameterSetName = MadeSet, HelpUri = "")]
[OutputType(typeof(ThrottleMeasurement))]
public sealed class MeasureDefragThrottleCommand : CancellableCommand
{
    private const string MadeSet = "Trace", ReplaySet = "Replay";

    private readonly List<SimulatedCase> _cases = [];
    private long _memory;
    private string? _plot;
    private long _without; // rows that tell no peak or time: cases that nothing was run for

    /// <summary>The kinds of work; all of them.</summary>
    [Parameter(ParameterSetName = MadeSet, Position = 0)]
    [ValidateSet("Seed", "MemoryBound", "Giant", "Cold", "Stale", "Foreign", "Ramps")]
    [PSDefaultValue(Help = "all of them")]
    public string[] Trace { get; set; } = [.. TraceGenerator.Names];

    /// <summary>Another seed makes other work of the same kind.</summary>
    [Parameter(ParameterSetName = MadeSet)]
    [ValidateNotNullOrEmpty]
    public int[] Seed { get; set; } = [1];

    /// <summary>The name of a case that ran.</summary>
    [Parameter(ParameterSetName = ReplaySet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Case { get; set; } = "";

    /// <summary>Its highest memory, in bytes.</summary>
    [Parameter(ParameterSetName = ReplaySet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Need")]
    [ValidateRange(0, long.MaxValue)]
    public long PeakMemory { get; set; }

    /// <summary>How long it ran.</summary>
    [Parameter(ParameterSetName = ReplaySet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public TimeSpan Duration { get; set; }

    /// <summary>The ways to decide; all of them.</summary>
    [Parameter]
    [ValidateSet(
        "Predictive", "Clairvoyant", "Tiers", "TiersTotalFree", "MemfreeEighth", "MemfreeQuarter", "MemfreeTwoFifths", "FixedAll",
        "FixedHalf", "FixedQuarter")]
    [PSDefaultValue(Help = "all of them")]
    public string[] Policy { get; set; } = [.. PolicyNames.All];

    /// <summary>Cores of the machine.</summary>
    [Parameter]
    [ValidateRange(1, 4096)]
    public int Cores { get; set; } = 16;

    /// <summary>Memory of the machine.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MemorySizeCompleter))]
    public string Memory { get; set; } = "64GB";

    /// <summary>A file for a graph of used memory, as SVG; for one trace and one seed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Plot { get; set; }

    /// <summary>Replaces the graph's file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _memory = ReadMemory();
        if (Plot == null) return;
        if (ParameterSetName == MadeSet && (Trace.Length > 1 || Seed.Length > 1))
            Fail(ErrorKind.InvalidPlot, "A plot shows one run of each policy: name one -Trace and one -Seed.", Plot);
        _plot = FullPath(Plot);
        if (!Directory.Exists(Path.GetDirectoryName(_plot)))
            Fail(ErrorKind.OutputNotWritable, $"The directory of '{_plot}' does not exist. Make it, or choose another -Plot.", Plot);
        if (Path.Exists(_plot) && !Force)
            Fail(ErrorKind.OutputExists, $"'{_plot}' is there already. Choose another -Plot, or replace it with -Force.", Plot);
        if (!ShouldProcess(_plot, "Write the graph")) _plot = null;
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName != ReplaySet) return;
        if (PeakMemory > 0 && Duration > TimeSpan.Zero) _cases.Add(Replay.Case(Case, PeakMemory, Duration));
        else _without++;
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ParameterSetName == ReplaySet)
        {
            if (_without > 0) WriteVerbose($"{_without} cases without a peak or a time are passed over.");
            if (_cases.Count == 0)
                Fail(ErrorKind.NoCase, "No case that was handed in has a PeakMemory and a Duration above zero.", Case);
            Play(Replay.Trace(_cases, Cores, _memory), null);
            return;
        }
        foreach (string trace in Trace)
        {
            foreach (int seed in Seed) Play(TraceGenerator.Make(trace, seed, Cores, _memory), seed);
        }
    }

    private void Play(SimulatedTrace trace, int? seed)
    {
        SimulationGraph? graph = _plot == null ? null : new SimulationGraph();
        for (int i = 0; i < Policy.Length; i++)
        {
            WriteProgress(new ProgressRecord(0, $"{trace.Name} {seed}", Policy[i]) { PercentComplete = i * 100 / Policy.Length });
            try
            {
                WriteObject(Measurement.Of(trace, Policy[i], seed, graph?.Watch(Policy[i]), Stop));
            }
            catch (OperationCanceledException)
            {
                throw new PipelineStoppedException();
            }
        }
        WriteProgress(new ProgressRecord(0, $"{trace.Name} {seed}", "done") { RecordType = ProgressRecordType.Completed });
        if (graph != null) Draw(graph, $"{trace.Name}, {trace.Cases.Count:N0} cases, {trace.Cores} cores, {MemorySize.Format(trace.Memory)}");
    }

    private void Draw(SimulationGraph graph, string title)
    {
        try
        {
            graph.Draw(_plot!, title, _memory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(ErrorKind.OutputNotWritable, $"The graph '{_plot}' cannot be written: {e.Message}", Plot, e);
        }
    }

    private long ReadMemory()
    {
        string fault = "is a share; write an amount such as 64GB.";
        try
        {
            MemorySize size = MemorySize.Parse(Memory);
            if (size.Share == 0 && size.Bytes >= 1L << 30) return size.Bytes;
            if (size.Share == 0) fault = "is too little for a machine; write 1GB or more.";
        }
        catch (FormatException e)
        {
            Fail(ErrorKind.InvalidMemorySize, $"-Memory: {e.Message}", Memory, e);
        }
        Fail(ErrorKind.InvalidMemorySize, $"-Memory: '{Memory}' {fault}", Memory);
        return 0; // not reached
    }
}
