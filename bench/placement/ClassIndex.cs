namespace Defragger.Bench.Placement;

/// <summary>Free runs by size class, in each class by address.</summary>
internal sealed class ClassIndex
{
    private readonly AddressSet _nonEmpty = new();
    private readonly AddressSet[] _classes =
        [.. Enumerable.Range(0, SizeClasses.Of(int.MaxValue) + 1).Select(_ => new AddressSet())];

    public void Add(Run run)
    {
        int sizeClass = SizeClasses.Of(run.Length);
        _classes[sizeClass].Add(run.Start);
        _nonEmpty.Add(sizeClass);
    }

    public void Remove(Run run)
    {
        int sizeClass = SizeClasses.Of(run.Length);
        _classes[sizeClass].Remove(run.Start);
        if (_classes[sizeClass].IsEmpty) _nonEmpty.Remove(sizeClass);
    }

    /// <summary>The first class from this one on that has a run; -1 when none has.</summary>
    public int FirstClass(int from) => (int)_nonEmpty.Next(from);

    /// <summary>The lowest run of a class that starts at <paramref name="from"/> or above; -1 when there is none.</summary>
    public long FirstRun(int sizeClass, long from = 0) => _classes[sizeClass].Next(from);
}
