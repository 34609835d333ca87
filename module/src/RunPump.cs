using Defragger.Compare;

namespace Defragger.PowerShell;

/// <summary>Runs a comparison on a thread of its own and hands what it tells to the pipeline's thread, which alone may
/// write.</summary>
/// <remarks>The queue is bounded: a pipeline that reads slowly slows the run instead of filling memory. When the pipeline
/// ends early (Ctrl+C, Select-Object -First), Dispose stops the run and waits for it, so that no process of it is left.</remarks>
internal sealed class RunPump : IRunListener, IDisposable
{
    private const int Most = 1024;

    private readonly Mailbox<object> _told = new(Most);
    private readonly CancellationTokenSource _stop;
    private readonly Task<CompareSummary> _run;
    private RunProgress? _progress;

    /// <summary>Something to tell a person.</summary>
    internal sealed record Message(string Text, bool IsWarning);

    /// <param name="run">The run: told whom to tell and what stops it.</param>
    /// <param name="stop">Stops the run.</param>
    public RunPump(Func<IRunListener, CancellationToken, CompareSummary> run, CancellationToken stop)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _run = Task.Factory.StartNew(() => Run(run), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>How far the run has come; null at its beginning.</summary>
    public RunProgress? Progress => Volatile.Read(ref _progress);

    /// <summary>Takes what the run tells next: a <see cref="CaseResult"/> or a <see cref="Message"/>.</summary>
    public bool TryTake(out object? told) => _told.TryTake(out told);

    /// <summary>Waits until the run tells something or ends, but no longer than told.</summary>
    public void Wait(TimeSpan patience) => _told.Wait(patience);

    /// <summary>The run has ended and all it told was taken.</summary>
    public bool IsOver => _told.IsOver;

    /// <summary>How the run came out; what ended it early is thrown as it was.</summary>
    public CompareSummary Summary() => _run.GetAwaiter().GetResult();

    void IRunListener.Ended(CaseResult result) => _told.Add(result);

    void IRunListener.Decided(string message) => _told.Add(new Message(message, IsWarning: false));

    void IRunListener.Warned(string message) => _told.Add(new Message(message, IsWarning: true));

    void IRunListener.Moved(RunProgress progress) => Volatile.Write(ref _progress, progress);

    public void Dispose()
    {
        _stop.Cancel();
        _told.Close(); // what the run still tells goes nowhere
        ((IAsyncResult)_run).AsyncWaitHandle.WaitOne();
        _stop.Dispose();
    }

    private CompareSummary Run(Func<IRunListener, CancellationToken, CompareSummary> run)
    {
        try
        {
            return run(this, _stop.Token);
        }
        finally
        {
            _told.Close();
        }
    }
}
