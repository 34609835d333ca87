using System.Globalization;

namespace Defragger.Views;

/// <summary>Reads what df_malloc_snapshot wrote (defragger.h tells the lines) as a map of pages.</summary>
/// <remarks>One pass, a line at a time: memory grows with the heap's pages and not with its blocks.
/// Of an arena: items in address order without a gap up to what is committed, then dirty ranges. What differs from that is
/// an error that names the line.</remarks>
internal sealed class SnapshotReader
{
    // Of all arenas: beyond that a number is damage, and would take the memory of this process.
    private const long MostCommitted = 64L << 30, MostRegion = 64L << 20;

    private readonly string _path;
    private readonly List<HeapArena> _arenas = [];
    private Tally[] _tallies = []; // by page of the arena that is read
    private HeapPage[] _pages = [];
    private int _unit;
    private ulong _base;
    private long _committed;
    private long _total;
    private long _next;
    private long _blocks;
    private long _liveBytes;
    private long _large;
    private int _number;

    private SnapshotReader(string path) => _path = path;

    /// <summary>Reads a snapshot.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is no snapshot, or was cut.</exception>
    public static HeapMap Read(string path) => new SnapshotReader(path).Read();

    private HeapMap Read()
    {
        foreach (string line in File.ReadLines(_path))
        {
            _number++;
            if (line == "end")
            {
                EndArena();
                return new HeapMap { Name = Path.GetFileName(_path), Arenas = _arenas, Blocks = _blocks, Live = _liveBytes, Large = _large };
            }
            Take(line);
        }
        throw new FormatException(_number == 0 ? $"'{_path}' is empty; it is no snapshot." : $"'{_path}' was cut: its last line is not 'end'.");
    }

    private void Take(string line)
    {
        string[] words = line.Split(' ');
        bool hasAge = words.Length == 4 && words[0] == "block"; // of a trace's replay
        ulong age = 0;
        if ((words.Length != 3 && !hasAge) || !Number(words[1], out ulong first) || !Number(words[2], out ulong length) || length > long.MaxValue) throw Fault(line);
        if (hasAge && !Number(words[3], out age)) throw Fault(line);
        switch (words[0])
        {
            case "arena":
                EndArena();
                if ((long)length > MostCommitted - _total) throw Fault(line);
                BeginArena(first, (long)length, HeapMap.PageSize);
                break;
            case "region":
                EndArena();
                if ((long)length > MostRegion - _total) throw Fault(line);
                BeginArena(first, (long)length, HeapMap.GranuleSize);
                break;
            case "block":
                Item(line, first, (long)length, live: true, hasAge ? age : -1);
                break;
            case "free":
                Item(line, first, (long)length, live: false, -1);
                break;
            case "dirty":
                Dirty(line, first, (long)length);
                break;
            case "large":
                EndArena();
                _blocks++;
                _large += (long)length;
                break;
            default:
                throw Fault(line);
        }
    }

    private void BeginArena(ulong address, long committed, int unit)
    {
        _total += committed;
        int pages = (int)((committed + unit - 1) / unit);
        (_base, _committed, _next, _unit, _tallies, _pages) = (address, committed, 0, unit, new Tally[pages], new HeapPage[pages]);
        // What a region has free is there to be used again at once: there is no system that it could go back to.
        if (unit != HeapMap.PageSize) Array.Fill(_pages, new HeapPage(PageUse.Free, 0));
    }

    private void EndArena()
    {
        if (_next != _committed) throw new FormatException($"line {_number} of '{_path}': the arena before it ends at {_next} of {_committed}.");
        if (_pages.Length > 0)
        {
            for (int i = 0; i < _pages.Length; i++)
            {
                if (_tallies[i].Live > 0) _pages[i] = _tallies[i].ToPage();
            }
            _arenas.Add(new HeapArena(_base, _pages, _unit));
        }
        (_committed, _next, _tallies, _pages) = (0, 0, [], []);
    }

    private void Item(string line, ulong offset, long length, bool live, double age)
    {
        if (offset != (ulong)_next || length == 0 || length > _committed - _next) throw Fault(line);
        _next += length;
        if (!live) return;
        _blocks++;
        _liveBytes += length;
        byte sizeClass = HeapMap.SizeClassOf(length);
        for (long at = (long)offset; at < _next;)
        {
            long page = at / _unit;
            long end = Math.Min(_next, (page + 1) * _unit);
            _tallies[page].Add((int)(end - at), sizeClass, age);
            at = end;
        }
    }

    private void Dirty(string line, ulong offset, long length)
    {
        if (_next != _committed || length == 0 || _unit != HeapMap.PageSize || offset % HeapMap.PageSize != 0 || offset >= (ulong)_committed || length > _committed - (long)offset)
            throw Fault(line);
        for (long page = (long)offset / HeapMap.PageSize; page * HeapMap.PageSize < (long)offset + length; page++)
            _pages[page] = new HeapPage(PageUse.Free, 0);
    }

    private FormatException Fault(string line) =>
        new($"line {_number} of '{_path}' does not belong there: '{(line.Length > 80 ? line[..80] + "..." : line)}'. Is it a snapshot of df_malloc_snapshot?");

    private static bool Number(string text, out ulong value) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    /// <summary>What lives on a page so far.</summary>
    private struct Tally
    {
        private byte _class;
        private ushort _lead; // bytes by which the class is ahead of all others: Boyer and Moore's majority vote
        private double _ages; // of all bytes together; below 0: not known

        public ushort Live { get; private set; }

        public void Add(int bytes, byte sizeClass, double age)
        {
            Live += (ushort)bytes;
            _ages += age * bytes;
            if (sizeClass == _class) _lead += (ushort)bytes;
            else if (bytes <= _lead) _lead -= (ushort)bytes;
            else (_class, _lead) = (sizeClass, (ushort)(bytes - _lead));
        }

        public readonly HeapPage ToPage() => new(PageUse.Pinned, Live, _class, _ages < 0 ? -1 : (float)(_ages / Live));
    }
}
