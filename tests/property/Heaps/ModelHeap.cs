using Defragger.Heaps;
using Defragger.Views;

namespace Defragger.Tests.Heaps;

/// <summary>The heap as one would explain it: a sorted list of blocks, and sets of dirty and of held pages. It is the yardstick
/// for the two real ones, so it is written to be seen to be right: everything else is computed anew from these each time.
/// The rules are those of src/core/heap.h; nothing is shared with the real heaps but the contract.</summary>
internal sealed partial class ModelHeap : IHeap
{
    private const long Granule = 16, Page = 4096, Chunk = 8192;
    private const long ShortMost = 640; // bytes; the longest exact class
    private const int ProbeChunks = 4;

    private readonly SortedList<long, long> _blocks = []; // offset, length
    private readonly SortedSet<long> _dirty = []; // pages
    private readonly SortedSet<long> _held = []; // pages
    private readonly IHeapOutside _outside;
    private readonly long _capacity, _growth;
    private long _committed;
    private long _liveMost;
    private HeapRange _victim;

    private ModelHeap(HeapOptions options, IHeapOutside outside)
    {
        _outside = outside;
        _capacity = options.Capacity;
        _growth = Math.Min(RoundUp(options.Growth, Chunk), _capacity);
    }

    public static HeapStatus TryOpen(HeapOptions options, out ModelHeap? heap)
    {
        heap = null;
        if (options.Capacity is < Granule or > HeapOptions.CapacityMax || options.Capacity % Granule != 0
            || options.Growth is < 0 or > HeapOptions.CapacityMax) return HeapStatus.InvalidOptions;
        heap = new ModelHeap(options, options.Outside!);
        return options.Growth > 0 || heap.Extend(options.Capacity) ? HeapStatus.Ok : HeapStatus.OutOfMemory;
    }

    // --- What there is ---

    private List<HeapItem> Items()
    {
        var items = new List<HeapItem>();
        long at = 0;
        foreach ((long offset, long length) in _blocks.Append(new(_committed, 0)))
        {
            items.AddRange(Between(at, offset));
            if (length > 0) items.Add(new HeapItem(offset, length, true));
            at = offset + length;
        }
        return items;
    }

    /// <summary>What lies between two blocks: what is held of each held page, and runs.</summary>
    private IEnumerable<HeapItem> Between(long at, long end)
    {
        while (at < end)
        {
            long page = at / Page;
            bool held = _held.Contains(page);
            do page++;
            while (!held && page * Page < end && !_held.Contains(page));
            yield return new HeapItem(at, Math.Min(page * Page, end) - at, false, held);
            at = page * Page;
        }
    }

    private IEnumerable<HeapRange> Runs() => Items().Where(item => !item.Live && !item.Held).Select(item => new HeapRange(item.Offset, item.Length));

    private HeapRange RunAt(long offset) => Runs().FirstOrDefault(run => run.Offset == offset);

    private HeapRange RunBefore(long end) => Runs().FirstOrDefault(run => run.End == end);

    private IEnumerable<HeapRange> IndexedRuns() => Runs().Where(run => run != _victim);

    private long Live => _blocks.Values.Sum();

    private long Held => Items().Where(item => item.Held).Sum(item => item.Length);

    private static IEnumerable<long> PagesOf(long offset, long end)
    {
        for (long page = offset / Page; page <= (end - 1) / Page; page++) yield return page;
    }

    private HashSet<long> PinnedPages() => [.. _blocks.SelectMany(block => PagesOf(block.Key, block.Key + block.Value))];

    private IEnumerable<long> PurgeablePages() => _dirty.Except(PinnedPages()).Where(page => (page + 1) * Page <= _committed);

    // --- Which run ---

    /// <summary>The class of a length by counting: 40 exact ones, then eight equal steps to each power of two.</summary>
    private static int ClassOf(long length)
    {
        long granules = length / Granule;
        if (granules <= 40) return (int)granules;
        int rank = 40;
        for (long least = 41, step = 4; ; least += step)
        {
            if (least > 16 * step) step *= 2; // from 64 on steps of 8, from 128 on of 16
            if (granules < least) return rank;
            rank++;
        }
    }

    private HeapRange LowestAbove(int rank) => IndexedRuns().Where(run => ClassOf(run.Length) > rank)
        .OrderBy(run => ClassOf(run.Length)).ThenBy(run => run.Offset).FirstOrDefault();

    private HeapRange ForShort(long length)
    {
        HeapRange exact = IndexedRuns().FirstOrDefault(run => run.Length == length);
        return exact.Length > 0 ? exact : _victim.Length >= length ? _victim : LowestAbove(ClassOf(length));
    }

    private HeapRange ForLong(long length)
    {
        int rank = ClassOf(length);
        HeapRange[] own = [.. IndexedRuns().Where(run => ClassOf(run.Length) == rank)];
        if (length <= ShortMost)
        {
            // All of an exact class fit, so there is nothing to probe.
            HeapRange exact = own.FirstOrDefault();
            return Better(exact.Length > 0 ? exact : LowestAbove(rank), length);
        }
        var chunks = own.Select(run => run.Offset / Chunk).Distinct().Take(ProbeChunks).ToHashSet();
        HeapRange probed = own.FirstOrDefault(run => chunks.Contains(run.Offset / Chunk) && run.Length >= length);
        HeapRange found = Better(probed.Length > 0 ? probed : LowestAbove(rank), length);
        return found.Length > 0 ? found : own.FirstOrDefault(run => run.Length >= length);
    }

    private HeapRange Better(HeapRange found, long length) =>
        _victim.Length >= length && (found.Length == 0 || _victim.Length < found.Length) ? _victim : found;

    // --- Growth ---

    private bool Extend(long to)
    {
        if (!_outside.Commit(_committed, to - _committed)) return false;
        bool joinsVictim = _victim.Length > 0 && _victim.End == _committed;
        _committed = to;
        if (joinsVictim) _victim = RunAt(_victim.Offset);
        return true;
    }

    private bool Grow(long length)
    {
        long missing = length - RunBefore(_committed).Length;
        long room = _capacity - _committed;
        if (missing > room) return false;
        long wanted = Math.Min(RoundUp(missing, Chunk), room);
        long usual = Math.Min(_growth, room);
        return (usual > wanted && Extend(_committed + usual)) || Extend(_committed + wanted);
    }

    // --- Operations ---

    public HeapStatus Allocate(long size, long alignment, out long offset) => Allocate(size, alignment, false, out offset);

    public HeapStatus AllocateZeroed(long size, out long offset) => Allocate(size, Granule, true, out offset);

    private HeapStatus Allocate(long size, long alignment, bool zeroed, out long offset)
    {
        offset = 0;
        if (size is < 0 or > HeapOptions.CapacityMax) return HeapStatus.InvalidSize;
        if (alignment <= 0 || (alignment & (alignment - 1)) != 0 || alignment > HeapOptions.CapacityMax)
            return HeapStatus.InvalidAlignment;
        long length = LengthOf(size), step = Math.Max(alignment, Granule), room = length + step - Granule;
        bool isShort = room <= ShortMost && step == Granule;
        HeapRange run = isShort ? ForShort(room) : ForLong(room);
        if (run.Length == 0)
        {
            if (room > _capacity || !Grow(room)) return HeapStatus.OutOfMemory;
            run = RunBefore(_committed);
        }
        offset = RoundUp(run.Offset, step);
        Cut(run, offset, length, isShort);
        if (zeroed) Zero(offset, offset + length);
        Use(offset, length);
        return HeapStatus.Ok;
    }

    private void Cut(HeapRange run, long offset, long length, bool isShort)
    {
        var rest = new HeapRange(offset + length, run.End - offset - length);
        if (run == _victim || (isShort && rest.Length > 0)) _victim = rest.Length > 0 ? rest : default;
    }

    private void Zero(long offset, long end)
    {
        long from = -1;
        foreach (long page in PagesOf(offset, end))
        {
            bool dirty = _dirty.Contains(page);
            if (dirty && from < 0) from = Math.Max(offset, page * Page);
            if (!dirty && from >= 0)
            {
                _outside.Zero(from, (page * Page) - from);
                from = -1;
            }
        }
        if (from >= 0) _outside.Zero(from, end - from);
    }

    private void Use(long offset, long length)
    {
        _blocks[offset] = length;
        _dirty.UnionWith(PagesOf(offset, offset + length));
        _liveMost = Math.Max(_liveMost, Live);
    }

    /// <summary>Something has become free: the victim becomes the run that it is now part of.</summary>
    private void Join()
    {
        if (_victim.Length > 0) _victim = Runs().First(run => run.Offset <= _victim.Offset && run.End >= _victim.End);
    }

    private HeapStatus Find(long offset, out long length)
    {
        length = 0;
        if (offset < 0 || offset % Granule != 0 || offset >= _committed) return HeapStatus.NotInHeap;
        if (_blocks.TryGetValue(offset, out length)) return HeapStatus.Ok;
        HeapItem item = Items().Last(item => item.Offset <= offset);
        return item.Live ? HeapStatus.InsideBlock : HeapStatus.AlreadyFree;
    }

    public HeapStatus Release(long offset)
    {
        HeapStatus status = Find(offset, out long length);
        if (status != HeapStatus.Ok) return status;
        _blocks.Remove(offset);
        Join();
        return HeapStatus.Ok;
    }

    public HeapStatus AllocateMany(long size, Span<long> offsets, out int allocated)
    {
        HeapStatus status = HeapStatus.Ok;
        for (allocated = 0; allocated < offsets.Length; allocated++)
            if ((status = Allocate(size, Granule, out offsets[allocated])) != HeapStatus.Ok) break;
        return status;
    }

    public HeapStatus AllocateVictim(long most, out HeapRange range)
    {
        range = default;
        if (_victim.Length == 0) return HeapStatus.OutOfMemory;
        if (most < Granule) return HeapStatus.InvalidSize;
        long chunkEnd = (_victim.Offset / Chunk + 1) * Chunk;
        long length = new[] { _victim.Length, most / Granule * Granule, chunkEnd - _victim.Offset }.Min();
        range = new HeapRange(_victim.Offset, length);
        Cut(_victim, range.Offset, length, true);
        Use(range.Offset, length);
        return HeapStatus.Ok;
    }

    public HeapStatus Split(long offset, long size)
    {
        HeapStatus status = Find(offset, out long had);
        if (status != HeapStatus.Ok) return status;
        if (size is < 0 or > HeapOptions.CapacityMax || LengthOf(size) >= had) return HeapStatus.InvalidSize;
        long length = LengthOf(size);
        _blocks[offset] = length;
        _blocks[offset + length] = had - length;
        return HeapStatus.Ok;
    }

    public HeapStatus ReleaseMany(ReadOnlySpan<long> offsets, out int released)
    {
        HeapStatus status = HeapStatus.Ok;
        for (released = 0; released < offsets.Length; released++)
        {
            bool ascends = released == 0 || offsets[released] > offsets[released - 1];
            status = ascends ? Release(offsets[released]) : HeapStatus.NotAscending;
            if (status != HeapStatus.Ok) break;
        }
        return status;
    }

    public HeapStatus ReleaseStarts(ReadOnlySpan<BlockStarts> words, out int released)
    {
        for (released = 0; released < words.Length; released++)
        {
            (long offset, ulong starts) = words[released];
            long[] offsets = [.. Enumerable.Range(0, 64).Where(bit => (starts >> bit & 1) != 0).Select(bit => offset + 16 * bit)];
            if (released > 0 && offset <= words[released - 1].Offset) return HeapStatus.NotAscending;
            if (offset % 1024 != 0 || offsets.Append(offset).Any(one => one < 0 || one >= _committed)) return HeapStatus.NotInHeap;
            foreach (long one in offsets)
            {
                HeapStatus status = Find(one, out _);
                if (status != HeapStatus.Ok) return status;
            }
            foreach (long one in offsets) Release(one);
        }
        return HeapStatus.Ok;
    }

    public HeapStatus Resize(long offset, long size)
    {
        HeapStatus status = Find(offset, out long had);
        if (status != HeapStatus.Ok) return status;
        if (size is < 0 or > HeapOptions.CapacityMax) return HeapStatus.InvalidSize;
        long length = LengthOf(size), end = offset + had;
        if (length < had)
        {
            _blocks[offset] = length;
            Join();
        }
        else if (length > had)
        {
            HeapRange run = RunAt(end);
            if (run.Length < length - had && Math.Max(run.End, end) == _committed && Grow(length - had)) run = RunAt(end);
            if (run.Length < length - had) return HeapStatus.NoRoom;
            Cut(run, end, length - had, false);
            Use(offset, length);
        }
        return HeapStatus.Ok;
    }

    public HeapStatus UsableSize(long offset, out long size) => Find(offset, out size);

    // --- Purging ---

    public bool TryPurgeNext(long below, long most, out HeapRange range)
    {
        range = default;
        HashSet<long> pages = [.. PurgeablePages().Where(page => (page + 1) * Page <= below)];
        if (pages.Count == 0 || most < Page) return false;
        long last = pages.Max(), first = last;
        while (pages.Contains(first - 1) && (last - first + 2) * Page <= most) first--;
        range = new HeapRange(first * Page, (last - first + 1) * Page);
        return true;
    }

    public void MarkPurged(HeapRange range)
    {
        long[] purged = [.. PurgeablePages().Intersect(PagesOf(range.Offset, range.End))];
        _dirty.ExceptWith(purged);
        _held.ExceptWith(purged);
        Join();
    }

    public long Purge(long most)
    {
        long purged = 0, below = long.MaxValue;
        while (TryPurgeNext(below, most - purged, out HeapRange range))
        {
            below = range.Offset;
            if (!_outside.Purge(range.Offset, range.Length)) continue;
            MarkPurged(range);
            purged += range.Length;
        }
        return purged;
    }

    // --- Views ---

    public HeapStatistics Statistics
    {
        get
        {
            HeapRange[] runs = [.. Runs()];
            return new HeapStatistics(
                _capacity, _committed, _blocks.Count, Live, _committed - Live - Held, _capacity - _liveMost,
                runs.Select(run => run.Length).DefaultIfEmpty().Max(), runs.Length, _victim,
                PinnedPages().Count * Page, PurgeablePages().LongCount() * Page, Held);
        }
    }

    public HeapSnapshot Snapshot() => new(
        Items(), [.. IndexedRuns().OrderBy(run => ClassOf(run.Length)).ThenBy(run => run.Offset)], Statistics);

    public int Check() => 0;

    private static long LengthOf(long size) => Math.Max(RoundUp(size, Granule), Granule);

    private static long RoundUp(long value, long step) => (value + step - 1) / step * step;
}
