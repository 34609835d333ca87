namespace Defragger.Measure;

/// <summary>The samples of a run of any length in bounded memory.</summary>
/// <remarks>
/// 1. At most <c>capacity</c> samples, in the order they came.
/// 2. The first, the last and the one with the most resident memory are always among them, and so is the one with the most
///    proportional memory.
/// 3. When it is full, of each two neighbours the one with more resident memory stays: peaks outlive what lies between them.
/// Adding costs O(1) on average.
/// </remarks>
/// <param name="capacity">At least 16: halving keeps up to half of them and four.</param>
internal sealed class SampleSeries(int capacity = SampleSeries.Usual)
{
    /// <summary>More points than a graph has pixels.</summary>
    public const int Usual = 4096;

    private readonly List<TreeSample> _samples = [];
    private double _seconds; // of the sample before

    /// <summary>The samples that are kept.</summary>
    public IReadOnlyList<TreeSample> Samples => _samples;

    /// <summary>How many were added.</summary>
    public long Taken { get; private set; }

    /// <summary>The sample with the most resident memory, the first of them; null while there is none.</summary>
    public TreeSample? Peak { get; private set; }

    /// <summary>The sample with the most proportional memory, the first of them; null while none has any.</summary>
    public TreeSample? ProportionalPeak { get; private set; }

    /// <summary>The most processes of a sample.</summary>
    public int MostProcesses { get; private set; }

    /// <summary>The least available memory of a sample, in bytes; null while there is none.</summary>
    public long? LeastAvailable { get; private set; }

    /// <summary>The time in which processes waited for memory, of all samples; null while none tells.</summary>
    public TimeSpan? Stalled { get; private set; }

    /// <summary>Adds the next sample.</summary>
    public void Add(TreeSample sample)
    {
        Taken++;
        MostProcesses = Math.Max(MostProcesses, sample.Processes);
        LeastAvailable = Math.Min(LeastAvailable ?? long.MaxValue, sample.Available);
        if (sample.Stalled is double percent)
            Stalled = (Stalled ?? TimeSpan.Zero) + TimeSpan.FromSeconds((sample.Seconds - _seconds) * percent / 100);
        _seconds = sample.Seconds;
        if (Peak == null || sample.Resident > Peak.Resident) Peak = sample;
        if (sample.Proportional > (ProportionalPeak?.Proportional ?? -1)) ProportionalPeak = sample;
        _samples.Add(sample);
        if (_samples.Count >= capacity) Halve();
    }

    private void Halve()
    {
        TreeSample first = _samples[0], last = _samples[^1];
        var kept = new List<TreeSample>(capacity);
        for (int i = 0; i < _samples.Count; i++)
        {
            TreeSample sample = _samples[i];
            int other = i ^ 1; // its neighbour
            bool wins = other >= _samples.Count || sample.Resident > _samples[other].Resident
                || (sample.Resident == _samples[other].Resident && i < other);
            if (wins || sample == first || sample == last || sample == Peak || sample == ProportionalPeak) kept.Add(sample);
        }
        _samples.Clear();
        _samples.AddRange(kept);
    }
}
