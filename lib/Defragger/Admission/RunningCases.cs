namespace Defragger.Admission;

/// <summary>The running cases and what is set aside for them.</summary>
/// <remarks>
/// Always true: <see cref="Reserved"/> is the sum of the reservations and <see cref="Held"/> that of the memory last seen.
/// A case's reservation is the most of: what was predicted; what it holds; and, once it has come near its prediction and
/// still grows, a quarter more than it holds: then the prediction is wrong and nobody knows by how much. A case that has
/// not grown for <see cref="Settled"/> has what it needs, as most have for most of their life.
/// </remarks>
internal sealed class RunningCases
{
    /// <summary>From this share of its prediction on a case is expected to outgrow it.</summary>
    public const double Near = 0.97;

    /// <summary>What is set aside for a case that outgrows its prediction, as a multiple of what it holds.</summary>
    public const double Growth = 1.25;

    /// <summary>How long a case must not have grown until it counts as grown up.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromSeconds(5);

    // Less than this is no growth: buffers come and go.
    private const double Flutter = 1.01;

    private readonly Dictionary<long, Running> _cases = [];

    internal sealed class Running(QueuedCase one, Prediction prediction, long reserved, TimeSpan since)
    {
        public QueuedCase Case { get; } = one;

        public Prediction Prediction { get; } = prediction;

        /// <summary>The case that was waited for when it started, which it has to fit beside; null when none was.</summary>
        public long? Beside { get; init; }

        /// <summary>What was set aside when it started.</summary>
        public long Predicted { get; } = reserved;

        public long Reserved { get; set; } = reserved;

        public long Held { get; set; }

        public long MostHeld { get; set; }

        public TimeSpan Since { get; } = since;

        public TimeSpan LastGrowth { get; set; } = since;


        /// <summary>What it held then.</summary>
        public long GrownTo { get; set; }

        /// <summary>True once it was named as a victim: its memory is about to come back.</summary>
        public bool Ending { get; set; }
    }

    public int Count => _cases.Count;

    public long Reserved { get; private set; }

    public long Held { get; private set; }

    /// <summary>What cases hold that were told to end: it is about to come back.</summary>
    public long Ending => _cases.Values.Sum(one => one.Ending ? one.Held : 0);

    /// <summary>True while a case runs that tolerates nothing beside it.</summary>
    public bool HasAlone { get; private set; }

    public IEnumerable<KeyValuePair<long, Running>> All => _cases;

    public void Add(QueuedCase one, Prediction prediction, long reserved, TimeSpan now, long? beside)
    {
        _cases.Add(one.Id, new Running(one, prediction, reserved, now) { Beside = beside });
        Reserved += reserved;
        HasAlone |= one.Alone;
    }

    public void Observe(long id, long bytes, TimeSpan now)
    {
        if (!_cases.TryGetValue(id, out Running? one)) return; // it has ended since it was measured
        Held += bytes - one.Held;
        one.Held = bytes;
        one.MostHeld = Math.Max(one.MostHeld, bytes);
        if (bytes > one.GrownTo * Flutter) (one.GrownTo, one.LastGrowth) = (bytes, now);
        bool outgrows = bytes > Near * one.Predicted && now - one.LastGrowth < Settled;
        long reserved = Math.Max(one.Predicted, outgrows ? (long)(bytes * Growth) : bytes);
        Reserved += reserved - one.Reserved;
        one.Reserved = reserved;
    }

    /// <summary>A case was told to end.</summary>
    public void End(long id) => _cases[id].Ending = true;

    /// <summary>What is set aside for those that started while this case was waited for.</summary>
    public long ReservedBeside(long awaited) => _cases.Values.Sum(one => one.Beside == awaited ? one.Reserved : 0);

    public Running Remove(long id)
    {
        if (!_cases.Remove(id, out Running? one)) throw new ArgumentException($"Case {id} does not run.", nameof(id));
        Reserved -= one.Reserved;
        Held -= one.Held;
        if (one.Case.Alone) HasAlone = false;
        return one;
    }
}
