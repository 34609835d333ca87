namespace Defragger.Bench.Placement;

/// <summary>Bump allocation through holes of at least 64 bytes, the lowest first: where a heap of nothing but two bitmaps
/// would place.</summary>
/// <remarks>
/// 1. The current hole is taken from the free runs as a whole; blocks are cut from its front one after another.
/// 2. A request that does not fit into its rest gives the rest back and goes to the lowest hole that is long enough.
/// 3. Where there is none, the heap grows by a page, or by what is asked for if that is more.
/// The holes are kept in an index here, which such a heap would not have: it would scan. Its time is another, its
/// addresses are the same.
/// </remarks>
internal sealed class BumpHoles : IPlacement
{
    private readonly Holes _holes = new();
    private Run _current;

    public long Allocate(long granules)
    {
        if (_current.Length < granules) Move(granules);
        long start = _current.Start;
        _current = new Run(start + granules, _current.Length - granules);
        return start;
    }

    public void Release(long start, long granules) => _holes.Release(start, granules);

    private void Move(long granules)
    {
        if (_current.Exists) _holes.Release(_current.Start, _current.Length);
        _current = _holes.TakeLowest(granules);
    }

    private sealed class Holes : CoalescingPlacement
    {
        private const int Shortest = 64 / IPlacement.Granule;

        private readonly ClassIndex _index = new();

        public Run TakeLowest(long granules)
        {
            Run hole = Find(granules);
            if (!hole.Exists) hole = new Run(0, Math.Max(granules, IPlacement.Page));
            return new Run(Allocate(hole.Length), hole.Length);
        }

        protected override Run Find(long granules)
        {
            long length = Math.Max(granules, Shortest);
            int own = SizeClasses.Of(length);
            long lowest = -1;
            for (int sizeClass = _index.FirstClass(own); sizeClass >= 0; sizeClass = _index.FirstClass(sizeClass + 1))
            {
                long start = _index.FirstRun(sizeClass);
                while (start >= 0 && Runs.StartingAt(start).Length < length) start = _index.FirstRun(sizeClass, start + 1);
                if (start >= 0 && (lowest < 0 || start < lowest)) lowest = start;
            }
            return lowest < 0 ? Run.None : Runs.StartingAt(lowest);
        }

        protected override void Link(Run run) => _index.Add(run);

        protected override void Unlink(Run run) => _index.Remove(run);
    }
}
