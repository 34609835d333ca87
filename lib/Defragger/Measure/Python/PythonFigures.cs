namespace Defragger.Measure.Python;

/// <summary>What a run of a Python program comes down to: the figures that a verdict is made from. Sizes are bytes, and
/// all but the peaks are what came on top of a Python that had not begun with the script.</summary>
/// <remarks>
/// The parts of what is held at the end: <see cref="Reachable"/> + <see cref="Cycles"/> + <see cref="Native"/> +
/// <see cref="Free"/>, as far as the allocator tells; <see cref="Held"/> is measured by itself.
/// </remarks>
public sealed record PythonFigures
{
    /// <summary>The most resident anonymous memory of the run, on top of the start.</summary>
    public long Peak { get; init; }

    /// <summary>Resident anonymous memory at the end, on top of the start; without free pages that go back by themselves.</summary>
    public long Held { get; init; }

    /// <summary>Whether the program came to its end: without it nothing is known of cycles, native memory and pages.</summary>
    public bool Ended { get; init; }

    /// <summary>Whether the allocator tells what is live: without it only peaks are known.</summary>
    public bool Known { get; init; }

    /// <summary>The most live bytes while the program ran, all its blocks together.</summary>
    public long PeakLive { get; init; }

    /// <summary>By how much the floor of live bytes rose from the second to the last quarter of the run. What is
    /// built and dropped again does not raise a floor.</summary>
    public long Rise { get; init; }

    /// <summary>What Python's objects hold at the end that can be reached.</summary>
    public long Reachable { get; init; }

    /// <summary>What one collection gave back at most: the one at the end, or one during the run.</summary>
    public long Cycles { get; init; }

    /// <summary>Objects in cycles that nobody could reach at the end.</summary>
    public long CycleObjects { get; init; }

    /// <summary>Blocks that are no object of Python's, and memory outside of the allocator's heap.</summary>
    public long Native { get; init; }

    /// <summary>Resident memory in which nothing lives.</summary>
    public long Free { get; init; }

    /// <summary>Objects that can be reached at the end.</summary>
    public long Objects { get; init; }

    /// <summary>The pages that those objects lie on, and their large blocks: what a heap that gives back every other page keeps.</summary>
    public long Pinned { get; init; }

    /// <summary>The Python has a heap that gives free pages back.</summary>
    public bool GivesBack { get; init; }

    /// <summary>The figures of a run.</summary>
    /// <param name="lines">What the probe wrote, in its order.</param>
    internal static PythonFigures Of(IReadOnlyList<ProbeLine> lines)
    {
        ProbeLine? start = lines.FirstOrDefault(line => line.Kind == "start");
        if (start?.Sample is not ProbeSample first) return new();
        ProbeLine? end = lines.LastOrDefault(line => line.Kind == "end");
        List<(double Seconds, ProbeSample Sample)> running =
            [.. lines.Where(line => line.Kind == "sample" && line.Sample != null).Select(line => (line.Seconds, line.Sample!))];
        ProbeSample last = end?.Before ?? (running.Count > 0 ? running[^1].Sample : first);
        IEnumerable<ProbeSample> all = running.Select(one => one.Sample).Append(last);

        var figures = new PythonFigures
        {
            Peak = Above(all.Max(one => one.Anonymous), first.Anonymous),
            Held = Above(last.Anonymous - last.Dirty, first.Anonymous - first.Dirty),
            Known = first.Live != null,
            PeakLive = Above(all.Max(one => one.Live ?? 0), first.Live ?? 0),
            Rise = RiseOf(running),
            Cycles = lines.Where(line => line.Kind == "collection").Select(line => line.Freed).DefaultIfEmpty(0).Max(),
            GivesBack = start.Allocator?.StartsWith("defragger", StringComparison.Ordinal) ?? false,
        };
        return end is { Before: ProbeSample before, After: ProbeSample after, Walk: ProbeWalk walk } && start.Walk is ProbeWalk whole
            ? figures.WithEnd(first, before, after, whole, walk, end.Unreachable?.Objects ?? 0) : figures;
    }

    private PythonFigures WithEnd(
        ProbeSample first, ProbeSample before, ProbeSample after, ProbeWalk whole, ProbeWalk walk, long unreachable)
    {
        if (!Known) return this with { Ended = true };
        // Memory that the allocator knows nothing of: a library's own mappings, stacks.
        long outside = Above(after.Anonymous - (after.Heap ?? 0), first.Anonymous - (first.Heap ?? 0));
        long native = outside + Above(NotPythons(after, walk), NotPythons(first, whole));
        return this with
        {
            Ended = true,
            Cycles = Math.Max(Cycles, Above(before.Live!.Value, after.Live!.Value)),
            CycleObjects = unreachable,
            Native = native,
            Reachable = Above(after.Live.Value - native + outside, first.Live!.Value),
            Free = Math.Max(0, Above(Idle(after), Idle(first)) - outside),
            Objects = Above(walk.Objects, whole.Objects),
            Pinned = Above(walk.Pages + walk.Large, whole.Pages + whole.Large),
        };
    }

    // Where pymalloc serves small objects, only longer blocks can be of C; elsewhere all are counted against all objects.
    private static long NotPythons(ProbeSample sample, ProbeWalk walk) => sample.Pymalloc > 0
        ? sample.Live!.Value - sample.Pymalloc.Value - walk.Large : sample.Live!.Value - walk.Bytes;

    private static long Idle(ProbeSample sample) => sample.Anonymous - sample.Dirty - sample.Live!.Value;

    private static long RiseOf(List<(double Seconds, ProbeSample Sample)> running)
    {
        if (running.Count < 4 || running[0].Sample.Live == null) return 0;
        double length = running[^1].Seconds;
        long? Floor(double from, double to) => running
            .Where(one => one.Seconds >= from * length && one.Seconds <= to * length).Min(one => one.Sample.Live);
        return Math.Max(0, Floor(0.75, 1) - Floor(0.25, 0.5) ?? 0);
    }

    private static long Above(long value, long from) => Math.Max(0, value - from);
}
