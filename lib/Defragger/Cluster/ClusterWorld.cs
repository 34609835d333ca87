namespace Defragger.Cluster;

/// <summary>All that a run on a cluster takes from outside.</summary>
/// <param name="Batch">The batch system.</param>
/// <param name="Shape">What it has.</param>
/// <param name="Time">The clock.</param>
/// <param name="Pause">How the run waits.</param>
internal sealed record ClusterWorld(IBatchSystem Batch, ClusterShape Shape, TimeProvider Time, IPause Pause);

/// <summary>How a run waits between two looks.</summary>
internal interface IPause
{
    /// <summary>Waits so long, or until it is woken.</summary>
    void Wait(TimeSpan time);

    /// <summary>Ends a wait, or the next one, from any thread.</summary>
    void Wake();
}

/// <summary>Waits in real time.</summary>
internal sealed class RealPause : IPause, IDisposable
{
    private readonly AutoResetEvent _woken = new(initialState: false);

    public void Wait(TimeSpan time) => _woken.WaitOne(time);

    public void Wake() => _woken.Set();

    public void Dispose() => _woken.Dispose();
}
