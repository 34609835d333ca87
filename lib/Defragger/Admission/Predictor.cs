namespace Defragger.Admission;

/// <summary>What cases will need, from what they and their like needed before. Pure: rows of a history come in.</summary>
/// <remarks>
/// A case is predicted from, in this order: its own history; what it held when it ran out of memory, with half as much
/// again or half of the way to the whole memory, whichever is less; the median of its family (the cases in its directory); the median of the run; a default. The median and
/// not a high percentile: guessing all unknown cases high costs more time than any other mistake of an admission
/// (1.84 of the lower bound with the 90th percentile, 1.18 with the median), and the growth guard carries the risk.
/// Each call costs O(1) but for the window of a median.
/// </remarks>
internal sealed class Predictor
{
    /// <summary>A case that ran out of memory is expected to need this many times what it held.</summary>
    public const double RetryFactor = 1.5;

    private const long Large = 6L << 30;

    private readonly Dictionary<string, PeakRecord> _known = [];
    private readonly Dictionary<string, Past> _families = [];
    private readonly Past _run = new();
    private readonly Prediction _default;
    private readonly long _capacity;

    private sealed class Past
    {
        public RecentMedian Peaks { get; } = new();

        public RecentMedian Durations { get; } = new();

        public void Add(long peak, TimeSpan duration)
        {
            Peaks.Add(peak);
            Durations.Add(duration.Ticks);
        }

        public Prediction Middle(PredictionSource source) =>
            new(Peaks.Median, TimeSpan.FromTicks(Durations.Median), source);
    }

    /// <summary>Makes a predictor of a history.</summary>
    /// <param name="history">Rows; of two for the same case the later one counts.</param>
    /// <param name="capacity">The memory that the run may use, in bytes; above 0.</param>
    /// <param name="workers">The most cases at once; above 0. A case of which nothing at all is known is expected to need a
    /// worker's share of what may be set aside, but no more than a large program takes.</param>
    public Predictor(IEnumerable<PeakRecord> history, long capacity, int workers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        _capacity = capacity;
        long share = (long)(capacity * AdmissionOptions.LeastShare / workers);
        _default = new Prediction(Math.Clamp(share, 1, Large), TimeSpan.FromMinutes(1), PredictionSource.Default);
        foreach (PeakRecord row in history)
        {
            _known[row.Case] = row;
            if (row.Peak > 0) Of(Family(row.Case)).Add(row.Peak, row.Duration);
            if (row.Peak > 0) _run.Add(row.Peak, row.Duration);
        }
    }

    /// <summary>The family of a case: the directory its name lies in; empty for the topmost.</summary>
    public static string Family(string name) => name[..Math.Max(0, name.LastIndexOf('/'))];

    /// <summary>True when the case itself has been seen before.</summary>
    public bool Knows(string name) => _known.ContainsKey(name);

    /// <summary>True when a case of the family has been seen.</summary>
    public bool KnowsFamily(string family) => _families.ContainsKey(family);

    /// <summary>What the case is expected to need.</summary>
    public Prediction Predict(string name)
    {
        if (!_known.TryGetValue(name, out PeakRecord row)) return PredictFamily(Family(name));
        if (row.LowerBound == 0) return new Prediction(row.Peak, row.Duration, PredictionSource.History);
        TimeSpan duration = row.Duration > TimeSpan.Zero ? row.Duration : PredictFamily(Family(name)).Duration;
        return new Prediction(
            Math.Max(row.Peak, More(row.LowerBound)), duration, PredictionSource.LowerBound);
    }

    /// <summary>What a case of the family is expected to need when it has no history of its own.</summary>
    public Prediction PredictFamily(string family) =>
        _families.TryGetValue(family, out Past? past) ? past.Middle(PredictionSource.Family) : PredictUnknown();

    /// <summary>What a case is expected to need of which not even the family is known.</summary>
    public Prediction PredictUnknown() => _run.Peaks.Count > 0 ? _run.Middle(PredictionSource.Run) : _default;

    /// <summary>What the case held when it last ran out of memory, in bytes; 0 when it has not.</summary>
    public long LowerBound(string name) => _known.TryGetValue(name, out PeakRecord row) ? row.LowerBound : 0;

    /// <summary>A case ended well.</summary>
    public void Learn(string name, long peak, TimeSpan duration)
    {
        LearnLike(name, peak, duration);
        _known[name] = new PeakRecord(name, peak, duration);
    }

    /// <summary>A case ended well that will not be asked for again: only its like learn from it, and nothing of it is kept.</summary>
    public void LearnLike(string name, long peak, TimeSpan duration)
    {
        Of(Family(name)).Add(peak, duration);
        _run.Add(peak, duration);
    }

    /// <summary>A case ran out of memory: it needs more than it held.</summary>
    public void LearnLowerBound(string name, long held)
    {
        PeakRecord row = _known.GetValueOrDefault(name, new PeakRecord(name, 0, TimeSpan.Zero));
        _known[name] = row with { LowerBound = Math.Max(row.LowerBound, held) };
    }

    // The whole memory for a case that held two thirds of it would mean that nothing runs beside it, perhaps for an hour.
    private long More(long held) => Math.Max(held, (long)Math.Min(held * RetryFactor, (held / 2) + (_capacity / 2)));

    private Past Of(string family)
    {
        if (!_families.TryGetValue(family, out Past? past)) _families.Add(family, past = new Past());
        return past;
    }
}
