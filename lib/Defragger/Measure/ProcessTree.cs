using System.Globalization;
using System.IO.Enumeration;
using Defragger.Gauges;

namespace Defragger.Measure;

/// <summary>A process and all that it started, for as long as each of them lives.</summary>
/// <remarks>
/// 1. Who has been found to belong stays in, also when its parent has ended and it has been given another.
/// 2. A process is asked for its parent once, when its number first appears. A number that has gone from the listing is
///    forgotten, so the next process that has it is asked again.
/// 3. Processes nearer to the root than <c>depth</c> lead to others but are not measured.
/// A look costs one listing of /proc (1 µs or so a process of the machine) and one read for each new number.
/// </remarks>
internal sealed class ProcessTree : IDisposable
{
    private const int Stranger = -1;

    private readonly string _proc;
    private readonly int _depth;
    private readonly Dictionary<int, int> _depths = []; // of every listed process; Stranger for those outside
    private readonly Dictionary<int, MeasuredProcess> _members = [];
    private readonly HashSet<int> _listed = [];
    private readonly FileSystemEnumerable<int> _listing;

    /// <param name="root">The process number that the tree hangs from.</param>
    /// <param name="depth">How far from the root measuring begins: 0 with the root itself, 2 with its grandchildren.</param>
    /// <param name="proc">Where the processes are; another place only in tests.</param>
    public ProcessTree(int root, int depth = 0, string proc = "/proc")
    {
        _proc = proc;
        _depth = depth;
        Root = root;
        _listing = new FileSystemEnumerable<int>(proc, Number) { ShouldIncludePredicate = IsProcess };
    }

    /// <summary>The process number that the tree hangs from.</summary>
    public int Root { get; }

    /// <summary>Processes that are measured.</summary>
    public int Count => _members.Count;

    /// <summary>Looks who has come and who has gone. False once the root has ended.</summary>
    public bool Look()
    {
        _listed.Clear();
        _listed.UnionWith(_listing);
        foreach (int gone in _depths.Keys.Where(id => !_listed.Contains(id)).ToArray()) Forget(gone);
        foreach (int id in _listed) Place(id);
        return _depths.GetValueOrDefault(Root, Stranger) == 0 && !HasEnded(Root);
    }

    /// <summary>The resident memory of all.</summary>
    public ResidentMemory Read()
    {
        long resident = 0, anonymous = 0;
        foreach (MeasuredProcess process in _members.Values)
        {
            if (process.Read() is not ResidentMemory one) continue;
            resident += one.Resident;
            anonymous += one.Anonymous;
        }
        return new(resident, anonymous);
    }

    /// <summary>The proportional memory of all, in bytes; null when one of them may not be looked at.</summary>
    public long? ReadProportional()
    {
        long sum = 0;
        foreach (MeasuredProcess process in _members.Values)
        {
            if (process.ReadProportional() is not long one) return null;
            sum += one;
        }
        return sum;
    }

    public void Dispose()
    {
        foreach (MeasuredProcess process in _members.Values) process.Dispose();
        _members.Clear();
    }

    /// <summary>How far a listed process is from the root; finds out, and begins to measure it, when it is new.</summary>
    private int Place(int id)
    {
        if (_depths.TryGetValue(id, out int known)) return known;
        _depths[id] = Stranger; // also ends the search should the parents form a ring while they change
        int depth = id == Root ? 0
            : Stat(id) is { Parent: > 0 } stat && _listed.Contains(stat.Parent) && Place(stat.Parent) is >= 0 and int above ? above + 1
            : Stranger;
        _depths[id] = depth;
        if (depth >= _depth) Measure(id);
        return depth;
    }

    private void Measure(int id)
    {
        try
        {
            _members[id] = new MeasuredProcess(Directory(id));
        }
        catch (IOException)
        {
            // It has ended since it was listed.
        }
    }

    private void Forget(int id)
    {
        _depths.Remove(id);
        if (_members.Remove(id, out MeasuredProcess? process)) process.Dispose();
    }

    private bool HasEnded(int id) => Stat(id) is not { Ended: false };

    private ProcessStat? Stat(int id)
    {
        try
        {
            using var file = new KernelFile(Path.Combine(Directory(id), "stat"));
            return ProcessStat.Parse(file.Read());
        }
        catch (IOException)
        {
            return null;
        }
    }

    private string Directory(int id) => Path.Combine(_proc, id.ToString(CultureInfo.InvariantCulture));

    private static bool IsProcess(ref FileSystemEntry entry) => char.IsAsciiDigit(entry.FileName[0]);

    private static int Number(ref FileSystemEntry entry) =>
        int.TryParse(entry.FileName, NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0;
}
