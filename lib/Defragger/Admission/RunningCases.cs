namespace Defragger.Admission;

/// <summary>The running cases and what is set aside for them.</summary>
/// <remarks>
/// Always true: <see cref="Reserved"/> is the sum of the reservations and <see cref="Held"/> that of the memory last seen.
/// A case's reservation is the most of: what was predicted; what it holds; a quarter more than it holds once it has come
/// near its prediction, for then the prediction is wrong and nobody knows by how much.
/// </remarks>
internal sealed class RunningCases
{
    /// <summary>From this share of its prediction on a case is expected to outgrow it.</summary>
    public const double Near = 0.97;

    /// <summary>What is set aside for a case that outgrows its prediction, as a multiple of what it holds.</summary>
    public const double Growth = 1.25;

    private readonly Dictionary<long, Running> _cases = [];

    internal sealed class Running(QueuedCase one, Prediction prediction, long reserved, TimeSpan since)
    {
        public QueuedCase Case { get; } = one;

        public Prediction Prediction { get; } = prediction;

        /// <summary>What was set aside when it started.</summary>
        public long Predicted { get; } = reserved;

        public long Reserved { get; set; } = reserved;

        public long Held { get; set; }

        public long MostHeld { get; set; }

        public TimeSpan Since { get; } = since;

        /// <summary>True once it was named as a victim: its memory is about to come back.</summary>
        public bool Ending { get; set; }
    }

    public int Count => _cases.Count;

    public long Reserved { get; private set; }

    public long Held { get; private set; }

    /// <summary>True while a case runs that tolerates nothing beside it.</summary>
    public bool HasAlone { get; private set; }

    public IEnumerable<KeyValuePair<long, Running>> All => _cases;

    public void Add(QueuedCase one, Prediction prediction, long reserved, TimeSpan now)
    {
        _cases.Add(one.Id, new Running(one, prediction, reserved, now));
        Reserved += reserved;
        HasAlone |= one.Alone;
    }

    public void Observe(long id, long bytes)
    {
        if (!_cases.TryGetValue(id, out Running? one)) return; // it has ended since it was measured
        Held += bytes - one.Held;
        one.Held = bytes;
        one.MostHeld = Math.Max(one.MostHeld, bytes);
        long reserved = bytes > Near * one.Predicted ? Math.Max(one.Predicted, (long)(bytes * Growth)) : one.Predicted;
        Reserved += reserved - one.Reserved;
        one.Reserved = reserved;
    }

    public Running Remove(long id)
    {
        if (!_cases.Remove(id, out Running? one)) throw new ArgumentException($"Case {id} does not run.", nameof(id));
        Reserved -= one.Reserved;
        Held -= one.Held;
        if (one.Case.Alone) HasAlone = false;
        return one;
    }
}
