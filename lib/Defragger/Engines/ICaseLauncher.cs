namespace Defragger.Engines;

/// <summary>Starts case processes and tells when each has ended. Disposing ends the cases that still run.</summary>
public interface ICaseLauncher : IDisposable
{
    /// <summary>Starts one case.</summary>
    /// <param name="id">The caller's number for it; not in use by a running case.</param>
    /// <param name="spec">The process and its bounds.</param>
    /// <param name="ended">Called once, from any thread, when the case and all that it started have ended;
    /// also when it could not be started, and when the launcher itself was lost. It holds up the reports of all
    /// other cases while it runs, and must not throw.</param>
    void Start(long id, ProcessSpec spec, Action<long, ProcessReport> ended);

    /// <summary>Asks what the running cases hold now.</summary>
    /// <param name="measured">Called once, from any thread, with the cases that run and have not been reported; never
    /// when the launcher is lost meanwhile. It must not throw.</param>
    void Measure(Action<IReadOnlyList<CaseMemory>> measured);

    /// <summary>Ends a running case at once; nothing happens when it has ended already.</summary>
    /// <param name="id">The number given to <see cref="Start"/>.</param>
    void Cancel(long id);
}
