using System.Collections.Concurrent;

namespace Defragger.Compare;

/// <summary>What a source of cases has to say.</summary>
internal enum SourceState
{
    /// <summary>A case was taken.</summary>
    Taken,

    /// <summary>None now; ask again when woken.</summary>
    Pending,

    /// <summary>None any more.</summary>
    Done,
}

/// <summary>Where a run takes its cases from, one at a time. Nothing holds the list.</summary>
internal abstract class CaseSource : IDisposable
{
    /// <summary>How many cases there will be, as far as it is known; null while nothing is.</summary>
    public abstract long? Total { get; }

    /// <summary>Set by the run: to be called when a pending source has something to say.</summary>
    public Action Wake { get; set; } = () => { };

    /// <summary>Takes the next case.</summary>
    public abstract SourceState TryTake(out TestCase testCase);

    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>The files of two directories.</summary>
internal sealed class DirectoryCases : CaseSource
{
    private readonly IEnumerator<TestCase> _walk;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<long> _count;

    /// <param name="baseline">Full path of the baseline's directory.</param>
    /// <param name="candidate">Full path of the candidate's directory.</param>
    /// <param name="filter">Which cases take part.</param>
    public DirectoryCases(string baseline, string candidate, CaseFilter filter)
    {
        _walk = CaseTree.Walk(baseline, candidate, filter).GetEnumerator();
        // An estimate for the progress line, made beside the run: cases on one side only would need all names to count.
        _count = Task.Run(() => Math.Max(
            CaseTree.Count(baseline, filter, _stop.Token), CaseTree.Count(candidate, filter, _stop.Token)));
    }

    public override long? Total => _count.IsCompletedSuccessfully ? _count.Result : null;

    public override SourceState TryTake(out TestCase testCase)
    {
        bool taken = _walk.MoveNext();
        testCase = taken ? _walk.Current : default;
        return taken ? SourceState.Taken : SourceState.Done;
    }

    public override void Dispose()
    {
        _stop.Cancel();
        try
        {
            _count.Wait();
        }
        catch (AggregateException)
        {
            // Cancelled, or a directory went away: it was an estimate.
        }
        _walk.Dispose();
        _stop.Dispose();
        base.Dispose();
    }
}

/// <summary>Cases that somebody hands in while the run goes on: the pipeline, a manifest.</summary>
internal sealed class QueuedCases : CaseSource
{
    // As many as keep the workers busy between two looks at the pipeline; the rest waits where it comes from.
    private const int Most = 4096;
    private readonly BlockingCollection<TestCase> _queue = new(Most);
    private long _added;

    public override long? Total => Interlocked.Read(ref _added);

    /// <summary>Hands in a case; false when the queue stayed full for <paramref name="patience"/>.</summary>
    public bool TryAdd(TestCase testCase, TimeSpan patience)
    {
        if (!_queue.TryAdd(testCase, patience)) return false;
        Interlocked.Increment(ref _added);
        Wake();
        return true;
    }

    /// <summary>No more cases will come.</summary>
    public void Complete()
    {
        _queue.CompleteAdding();
        Wake();
    }

    public override SourceState TryTake(out TestCase testCase)
    {
        // Asked in this order: what is added before completion is never missed.
        bool last = _queue.IsAddingCompleted;
        if (_queue.TryTake(out testCase)) return SourceState.Taken;
        return last ? SourceState.Done : SourceState.Pending;
    }

    public override void Dispose()
    {
        _queue.Dispose();
        base.Dispose();
    }
}
