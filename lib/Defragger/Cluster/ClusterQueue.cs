namespace Defragger.Cluster;

/// <summary>Cases that wait to be cut into chunks, and chunks that wait to be handed in, by memory class.</summary>
/// <remarks>Always true: a case that was added is in one place until its chunk is taken.</remarks>
internal sealed class ClusterQueue(int classes, int cores)
{
    // A case whose tasks were lost may be what loses them: it is kept from others.
    private const int LossesToBeAlone = 2;

    private readonly List<ChunkCase>[] _waiting = [.. Enumerable.Range(0, classes).Select(_ => new List<ChunkCase>())];
    private readonly Queue<IReadOnlyList<ChunkCase>>[] _ready =
        [.. Enumerable.Range(0, classes).Select(_ => new Queue<IReadOnlyList<ChunkCase>>())];

    /// <summary>Cases that wait, in chunks or not.</summary>
    public int Cases { get; private set; }

    /// <summary>Cases that are not in a chunk yet.</summary>
    public int Uncut { get; private set; }

    /// <summary>Adds a case to those of its class.</summary>
    public void Add(ChunkCase one)
    {
        _waiting[one.Class].Add(one);
        Cases++;
        Uncut++;
    }

    /// <summary>Cuts all that is not cut yet: the largest memory first, of one class the longest first.</summary>
    /// <param name="toCome">Predicted seconds of what is not here yet.</param>
    public void Cut(double toCome)
    {
        double left = toCome + _waiting.Sum(list => list.Sum(one => one.Seconds));
        for (int memoryClass = classes - 1; memoryClass >= 0; memoryClass--)
        {
            List<ChunkCase> waiting = _waiting[memoryClass];
            foreach (ChunkCase one in waiting.Where(IsSuspect)) _ready[memoryClass].Enqueue([one]);
            List<ChunkCase> sorted = [.. waiting.Where(one => !IsSuspect(one)).OrderByDescending(one => one.Seconds)];
            int from = 0;
            foreach (int count in ChunkCut.Cut([.. sorted.Select(one => one.Seconds)], left, cores))
            {
                List<ChunkCase> chunk = sorted.GetRange(from, count);
                left -= chunk.Sum(one => one.Seconds);
                _ready[memoryClass].Enqueue(chunk);
                from += count;
            }
            waiting.Clear();
        }
        Uncut = 0;
    }

    /// <summary>Takes chunks for one array: of the largest class that has any.</summary>
    /// <param name="most">How many at most; at least 1.</param>
    /// <returns>Their class and their cases; no chunks when none is ready.</returns>
    public (int Class, IReadOnlyList<IReadOnlyList<ChunkCase>> Chunks) Take(int most)
    {
        int memoryClass = Array.FindLastIndex(_ready, ready => ready.Count > 0);
        if (memoryClass < 0) return (0, []);
        Queue<IReadOnlyList<ChunkCase>> ready = _ready[memoryClass];
        List<IReadOnlyList<ChunkCase>> taken = [];
        while (taken.Count < most && ready.TryDequeue(out IReadOnlyList<ChunkCase>? chunk)) taken.Add(chunk);
        Cases -= taken.Sum(chunk => chunk.Count);
        return (memoryClass, taken);
    }

    private static bool IsSuspect(ChunkCase one) => one.Losses >= LossesToBeAlone;
}
