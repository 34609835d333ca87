using Defragger.History;

namespace Defragger.Compare;

/// <summary>Where the cases of a run are compared: on this machine, or on a cluster. What is above knows no difference.</summary>
/// <remarks>An engine keeps what a run promises (<see cref="CompareRun"/>): a case that was started, or that needs no process, gets
/// exactly one result; it stands in the journal before anyone is told; nothing that the engine started is left when it returns.</remarks>
internal interface ICaseEngine
{
    /// <summary>The most cases at once, or on a cluster tasks at once, when nobody says how many.</summary>
    int DefaultLimit { get; }

    /// <summary>Runs to the end, or until it is stopped.</summary>
    /// <param name="options">How the run goes.</param>
    /// <param name="source">The cases; disposed of by the caller.</param>
    /// <param name="output">What is written.</param>
    /// <param name="history">What cases needed before, or null to do without.</param>
    /// <param name="listener">Who is told; on the calling thread.</param>
    /// <param name="stop">Ends the run.</param>
    /// <exception cref="IOException">Output cannot be written, memory cannot be read.</exception>
    /// <exception cref="Engines.LauncherLostException">This machine: the launcher could not be started, or died.</exception>
    /// <exception cref="Cluster.ClusterException">A cluster: tasks cannot be handed in, or none of them comes to a result.</exception>
    CompareSummary Run(
        RunOptions options, CaseSource source, RunOutput output, PeakHistory? history, IRunListener listener, CancellationToken stop);
}
