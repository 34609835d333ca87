using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Defragger.Comparers.Records;

/// <summary>Sorts any number of items of fixed size in bounded memory: sorted runs in one private file, merged at the end.</summary>
/// <remarks>
/// As long as one buffer holds all items, nothing is written.
///
/// Invariants:
/// 1. Each run is sorted; the items are those of the runs and of the buffer, no others and none twice.
/// 2. Memory: the buffer (at most <see cref="DefaultCapacity"/> items) and, while merging, <see cref="MergeBytes"/>.
/// Cost: n log n comparisons; n items written and read once.
/// </remarks>
internal sealed class DiskSorter<T> : IDisposable
    where T : unmanaged, IComparable<T>
{
    /// <summary>12 MiB of records of 48 bytes.</summary>
    public const int DefaultCapacity = 1 << 18;

    private const int SmallestBuffer = 1024;
    private const int MergeBytes = 8 * 1024 * 1024;

    private readonly int _capacity;
    private readonly string _subject;
    private readonly List<(long Offset, int Count)> _runs = [];
    private T[] _buffer;
    private int _count;
    private ScratchFile? _file;

    /// <param name="subject">What is sorted, for messages: a path.</param>
    /// <param name="capacity">Items held in memory at most. Tests spill with few.</param>
    public DiskSorter(string subject, int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _subject = subject;
        _capacity = capacity;
        _buffer = new T[Math.Min(capacity, SmallestBuffer)];
    }

    /// <summary>Bytes written to the disk so far.</summary>
    public long Spilled => _file?.Length ?? 0;

    /// <exception cref="ComparisonException">The disk has no room, or cannot be written.</exception>
    public void Add(in T item)
    {
        if (_count == _capacity)
            Spill();
        if (_count == _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Min(_capacity, _count * 8L)); // few steps: each leaves its buffer to the collector
        _buffer[_count++] = item;
    }

    /// <summary>All items in order, once; nothing can be added any more.</summary>
    /// <exception cref="ComparisonException">The disk cannot be written or read.</exception>
    public IEnumerable<T> Sorted()
    {
        _buffer.AsSpan(0, _count).Sort();
        if (_file is null)
        {
            for (int i = 0; i < _count; i++)
                yield return _buffer[i];
            yield break;
        }

        Spill();
        _buffer = [];
        int ahead = Math.Max(1, MergeBytes / Unsafe.SizeOf<T>() / _runs.Count);
        PriorityQueue<Run, T> runs = new(_runs.Count);
        foreach ((long offset, int count) in _runs)
        {
            Run run = new(offset, count, ahead);
            if (run.TryNext(this, out T first))
                runs.Enqueue(run, first);
        }

        while (runs.TryDequeue(out Run? run, out T item))
        {
            yield return item;
            if (run.TryNext(this, out T next))
                runs.Enqueue(run, next);
        }
    }

    public void Dispose() => _file?.Dispose();

    private void Spill()
    {
        Span<T> items = _buffer.AsSpan(0, _count);
        items.Sort();
        _file ??= ScratchFile.Create(_subject, Environment.GetEnvironmentVariable("TMPDIR"));
        _runs.Add((_file.Append(MemoryMarshal.AsBytes(items)), _count));
        _count = 0;
    }

    /// <summary>A run on the disk, read some items ahead.</summary>
    private sealed class Run(long offset, int count, int ahead)
    {
        private readonly T[] _items = new T[Math.Min(ahead, count)];
        private long _offset = offset;
        private int _left = count; // on the disk
        private int _next;
        private int _held;

        public bool TryNext(DiskSorter<T> sorter, out T item)
        {
            if (_next == _held)
            {
                _held = Math.Min(_items.Length, _left);
                _next = 0;
                if (_held > 0)
                    Fill(sorter);
            }

            item = _held > 0 ? _items[_next++] : default;
            return _held > 0;
        }

        private void Fill(DiskSorter<T> sorter)
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(_items.AsSpan(0, _held));
            sorter._file!.Read(bytes, _offset);
            _offset += bytes.Length;
            _left -= _held;
        }
    }
}
