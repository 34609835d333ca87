using System.IO.Hashing;
using System.Runtime.InteropServices;
using Defragger.Admission;
using Defragger.Compare;
using Defragger.Engines;

namespace Defragger.Cluster;

/// <summary>Takes cases from their source, settles those that need no task, and queues the others with what they are expected to
/// need.</summary>
/// <remarks>At most <see cref="Most"/> cases wait, whatever the number there are.</remarks>
internal sealed class ClusterPlan(
    RunOptions options, CaseSource source, CaseLedger ledger, MemoryClasses classes, Predictor predictor, ClusterQueue queue)
{
    /// <summary>Cases that wait at most: some 20 MB. Among so many the order is the longest first, beyond that it is their coming.</summary>
    public const int Most = 20_000;

    // Of a case of which nothing at all is known: short, so that its chunk has many, for no case is begun when the chunk's time is
    // over, and the rest is cut anew with what was learned.
    private const double UnknownSeconds = 1;

    // A process takes so long whatever it does.
    private const double LeastSeconds = 0.002;

    // A pipeline that brings a case now and then must not keep it from starting.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly HashSet<UInt128> _adopted = [];
    private TimeSpan? _dry;
    private long _taken;
    private double _seconds; // predicted, of those that were taken and need a task

    /// <summary>The source has no more, or is not asked any more.</summary>
    public bool SourceDone { get; private set; }

    /// <summary>A case is in a task that an earlier run handed in: it is not planned again.</summary>
    public void Adopt(string name) => _adopted.Add(Key(name));

    /// <summary>Takes some cases, and cuts what waits when it is time. True when there may be more right now.</summary>
    /// <param name="atOnce">How many are looked at.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="IOException">The journal cannot be written, the directories cannot be read.</exception>
    public bool Take(int atOnce, TimeSpan now)
    {
        SourceState state = SourceState.Taken;
        for (int i = 0; i < atOnce && !SourceDone && queue.Cases < Most; i++)
        {
            state = source.TryTake(out TestCase next);
            SourceDone = state == SourceState.Done;
            if (state != SourceState.Taken) break;
            _taken++;
            if (_adopted.Contains(Key(next.Name)) || ledger.TrySettle(next)) continue;
            Add(next);
        }
        _dry = state == SourceState.Pending ? _dry ?? now : null;
        bool full = queue.Cases >= Most;
        if (queue.Uncut > 0 && (SourceDone || full || now - _dry >= s_patience)) queue.Cut(ToCome());
        return !SourceDone && !full && state == SourceState.Taken;
    }

    /// <summary>A case is to be tried again.</summary>
    public void Return(ChunkCase one) => queue.Add(one);

    /// <summary>Nothing is taken from the source any more.</summary>
    public void Close() => SourceDone = true;

    /// <summary>Predicted seconds of what the source has left, as far as it tells.</summary>
    private double ToCome() => SourceDone || source.Total is not long total || total <= _taken ? 0
        : (total - _taken) * (_seconds / _taken);

    private void Add(TestCase one)
    {
        Prediction prediction = predictor.Predict(one.Name);
        ProcessSpec spec = options.Comparer.Prepare(one);
        bool unknown = prediction.Source == PredictionSource.Default;
        long need = options.CaseMemoryLimit is long limit ? Math.Min(prediction.Peak, limit) : prediction.Peak;
        double seconds = unknown ? UnknownSeconds : Math.Max(LeastSeconds, prediction.Duration.TotalSeconds);
        _seconds += seconds;
        queue.Add(new ChunkCase
        {
            Case = one.Name,
            Baseline = one.BaselinePath,
            Candidate = one.CandidatePath,
            Further = options.Comparer.FurtherFiles(one),
            Program = spec.Program,
            Arguments = spec.Arguments,
            Directory = spec.WorkingDirectory,
            Need = need,
            Source = prediction.Source,
            Seconds = seconds,
            Class = classes.Of(need),
        });
    }

    private static UInt128 Key(string name) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(name.AsSpan()));
}
