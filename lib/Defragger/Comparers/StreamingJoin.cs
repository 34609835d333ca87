using System.Numerics;

namespace Defragger.Comparers;

/// <summary>
/// Pairs entries of two streams by key, in any order: entry k of a key here with entry k of that key there.
/// </summary>
/// <remarks>
/// An entry that finds its partner waiting takes it away at once; so memory follows how far the streams are out of
/// order (and what has no partner), not how long they are.
///
/// Layout: entries in segments that never move; a bucket is a chain of the distinct keys in it, and each key's entries
/// hang below its first one, oldest first. All entries are on one list by age.
///
/// Invariants:
/// 1. The waiting entries of one key are all of one side: otherwise they would be paired.
/// 2. The k-th entry of a key on one side is paired with the k-th of the other; the result does not depend on how the
///    streams are interleaved, and swapping the sides changes nothing but the names.
/// 3. At most <see cref="DefaultLimit"/> entries wait. Beyond that the oldest leaves unpaired (<see cref="Evicted"/>):
///    counts of unpaired entries become upper bounds, and 2 no longer holds.
/// Cost: a constant number of steps an entry. Memory: about 60 bytes a waiting entry, and the payload.
/// </remarks>
internal sealed class StreamingJoin<TPayload>
{
    public const int DefaultLimit = 1_000_000;

    private const int None = -1;
    private const int SegmentBits = 12;
    private const int SegmentSize = 1 << SegmentBits;
    private const int SmallestTable = 1024;

    private readonly int _limit;
    private readonly Action<Side, UInt128, TPayload>? _onEvicted;
    private readonly List<Entry[]> _segments = [];
    private readonly long[] _evicted = new long[2];
    private int[] _buckets = NewTable(SmallestTable);
    private int _used;
    private int _free = None;
    private int _oldest = None;
    private int _newest = None;

    /// <param name="limit">Entries that wait at most.</param>
    /// <param name="onEvicted">Takes an entry that has to leave unpaired.</param>
    public StreamingJoin(int limit = DefaultLimit, Action<Side, UInt128, TPayload>? onEvicted = null)
    {
        _limit = limit;
        _onEvicted = onEvicted;
    }

    /// <summary>Entries that wait for a partner.</summary>
    public int Count { get; private set; }

    /// <summary>Entries of a side that left unpaired to make room.</summary>
    public long Evicted(Side side) => _evicted[(int)side];

    /// <summary>Takes the oldest waiting entry of the other side with this key, or lets this entry wait.</summary>
    public bool TryPair(Side side, UInt128 key, TPayload payload, out TPayload partner)
    {
        ref int link = ref Find(key);
        if (link != None && At(link).Side != side)
        {
            partner = At(link).Payload;
            RemoveFirst(ref link);
            return true;
        }

        partner = default!;
        if (Count == _limit)
            EvictOldest();
        Wait(side, key, payload);
        return false;
    }

    /// <summary>The entries that wait, oldest first.</summary>
    public IEnumerable<(Side Side, UInt128 Key, TPayload Payload)> Waiting()
    {
        for (int index = _oldest; index != None; index = At(index).Newer)
            yield return (At(index).Side, At(index).Key, At(index).Payload);
    }

    private ref Entry At(int index) => ref _segments[index >> SegmentBits][index & (SegmentSize - 1)];

    /// <summary>The link that leads to the first entry of a key, or the empty link at the end of its bucket.</summary>
    private ref int Find(UInt128 key)
    {
        ref int link = ref _buckets[(int)(uint)(ulong)key & (_buckets.Length - 1)];
        while (link != None && At(link).Key != key)
            link = ref At(link).NextKey;
        return ref link;
    }

    private void Wait(Side side, UInt128 key, TPayload payload)
    {
        if (Count >= _buckets.Length)
            GrowTable();
        int index = NewEntry();
        At(index) = new Entry
        {
            Key = key,
            Payload = payload,
            Side = side,
            NextKey = None,
            NextSame = None,
            LastSame = index,
            Older = _newest,
            Newer = None,
        };
        (_newest == None ? ref _oldest : ref At(_newest).Newer) = index;
        _newest = index;
        Count++;

        ref int link = ref Find(key);
        if (link == None)
        {
            link = index;
            return;
        }

        ref Entry first = ref At(link);
        At(first.LastSame).NextSame = index;
        first.LastSame = index;
    }

    private void RemoveFirst(ref int link)
    {
        int index = link;
        ref Entry entry = ref At(index);
        link = entry.NextKey;
        if (entry.NextSame != None)
        {
            ref Entry heir = ref At(entry.NextSame);
            heir.NextKey = entry.NextKey;
            heir.LastSame = entry.LastSame;
            link = entry.NextSame;
        }

        (entry.Older == None ? ref _oldest : ref At(entry.Older).Newer) = entry.Newer;
        (entry.Newer == None ? ref _newest : ref At(entry.Newer).Older) = entry.Older;
        entry = new Entry { NextKey = _free };
        _free = index;
        Count--;
    }

    private void EvictOldest()
    {
        // The oldest of all is the oldest of its key, so it is the first one there.
        ref Entry oldest = ref At(_oldest);
        _evicted[(int)oldest.Side]++;
        _onEvicted?.Invoke(oldest.Side, oldest.Key, oldest.Payload);
        RemoveFirst(ref Find(oldest.Key));
    }

    private int NewEntry()
    {
        if (_free != None)
        {
            int index = _free;
            _free = At(index).NextKey;
            return index;
        }

        if (_used == _segments.Count * SegmentSize)
            _segments.Add(new Entry[SegmentSize]);
        return _used++;
    }

    private void GrowTable()
    {
        int[] old = _buckets;
        _buckets = NewTable((int)BitOperations.RoundUpToPowerOf2((uint)old.Length * 2));
        foreach (int bucket in old)
        {
            for (int index = bucket, next; index != None; index = next)
            {
                ref Entry entry = ref At(index);
                next = entry.NextKey;
                entry.NextKey = None;
                Find(entry.Key) = index;
            }
        }
    }

    private static int[] NewTable(int size)
    {
        int[] table = new int[size];
        table.AsSpan().Fill(None);
        return table;
    }

    private struct Entry
    {
        public UInt128 Key;
        public TPayload Payload;
        public int NextKey;
        public int NextSame;
        public int LastSame;
        public int Older;
        public int Newer;
        public Side Side;
    }
}
