namespace Defragger.Bench.Placement;

/// <summary>Slabs of 16 KiB, each cut into slots of one size; of a class's slabs the fullest that has a slot is used, and
/// in it the lowest slot.</summary>
/// <remarks>Slots of 1 to 8 granules, then four sizes in each doubling, up to 8 KiB (two in a slab). Longer blocks have
/// whole pages. Slabs and pages come from <see cref="BestFitLowest"/>, which is asked for multiples of a page only and
/// so gives pages.</remarks>
internal sealed class SlabFullestFirst : IPlacement
{
    private const int LastSlot = 2 * IPlacement.Page;

    private readonly BestFitLowest _pages = new();
    private readonly Dictionary<long, Slab> _slabs = []; // by each of its pages
    private readonly SlabClass[] _classes;

    public SlabFullestFirst() =>
        _classes = [.. Enumerable.Range(0, ClassOf(LastSlot) + 1).Select(_ => new SlabClass())];

    public long Allocate(long granules)
    {
        if (granules > LastSlot) return _pages.Allocate(WholePages(granules));
        SlabClass slabs = _classes[ClassOf(granules)];
        Slab slab = slabs.Fullest ?? NewSlab(granules);
        slabs.Remove(slab);
        long start = slab.Take();
        slabs.Add(slab);
        return start;
    }

    public void Release(long start, long granules)
    {
        if (granules > LastSlot)
        {
            _pages.Release(start, WholePages(granules));
            return;
        }
        SlabClass slabs = _classes[ClassOf(granules)];
        Slab slab = _slabs[start / IPlacement.Page];
        slabs.Remove(slab);
        slab.Give(start);
        if (slab.Used > 0) slabs.Add(slab);
        else Retire(slab);
    }

    private static long WholePages(long granules) => (granules + IPlacement.Page - 1) / IPlacement.Page * IPlacement.Page;

    private static int ClassOf(long granules) =>
        granules <= 8 ? (int)granules - 1 : 8 + ((Doubling(granules) - 3) * 4) + Quarter(granules);

    private static int SlotOf(long granules) =>
        granules <= 8 ? (int)granules : (Quarter(granules) + 5) << (Doubling(granules) - 2);

    private static int Doubling(long granules) => System.Numerics.BitOperations.Log2((ulong)granules - 1);

    private static int Quarter(long granules) => (int)((granules - 1) >> (Doubling(granules) - 2)) & 3;

    private Slab NewSlab(long granules)
    {
        var slab = new Slab(_pages.Allocate(Slab.Length), SlotOf(granules));
        foreach (long page in slab.Pages) _slabs[page] = slab;
        return slab;
    }

    private void Retire(Slab slab)
    {
        foreach (long page in slab.Pages) _slabs.Remove(page);
        _pages.Release(slab.Start, Slab.Length);
    }

    /// <summary>The slabs of one size that have a free slot, the fullest first and of those the lowest.</summary>
    private sealed class SlabClass
    {
        private readonly SortedSet<Slab> _open = new(Comparer<Slab>.Create((a, b) =>
            a.Used != b.Used ? b.Used.CompareTo(a.Used) : a.Start.CompareTo(b.Start)));

        public Slab? Fullest => _open.Min;

        public void Add(Slab slab)
        {
            if (!slab.IsFull) _open.Add(slab);
        }

        public void Remove(Slab slab)
        {
            if (!slab.IsFull) _open.Remove(slab);
        }
    }

    private sealed class Slab
    {
        public const int Length = 16384 / IPlacement.Granule;

        private readonly int _slot;
        private readonly AddressSet _free = new();

        public Slab(long start, int slot)
        {
            (Start, _slot) = (start, slot);
            for (int number = 0; number < Length / slot; number++) _free.Add(number);
        }

        public long Start { get; }

        public IEnumerable<long> Pages =>
            Enumerable.Range(0, Length / IPlacement.Page).Select(page => (Start / IPlacement.Page) + page);

        public int Used { get; private set; }

        public bool IsFull => Used == Length / _slot;

        public long Take()
        {
            long number = _free.Next(0);
            _free.Remove(number);
            Used++;
            return Start + (number * _slot);
        }

        public void Give(long start)
        {
            _free.Add((start - Start) / _slot);
            Used--;
        }
    }
}
