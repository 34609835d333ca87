using Defragger.Heaps;

namespace Defragger.Tests.Heaps;

/// <summary>Refuses one Commit in four, but not the first, and one Purge in eight, and remembers what it was
/// asked.</summary>
internal sealed class RefusingOutside(int seed) : IHeapOutside
{
    private readonly Random _random = new(seed);

    internal (string What, long Offset, long Length, int Before) LastCall { get; private set; }

    internal int Calls { get; private set; }

    public bool Commit(long offset, long length)
    {
        Note("commit", offset, length);
        return Calls == 1 || _random.Next(4) != 0;
    }

    public bool Purge(long offset, long length)
    {
        Note("purge", offset, length);
        return _random.Next(8) != 0;
    }

    public void Zero(long offset, long length) => Note("zero", offset, length);

    /// <summary>The last call, and in Before a sum of all that came before it.</summary>
    private void Note(string what, long offset, long length)
    {
        LastCall = (what, offset, length, LastCall.GetHashCode());
        Calls++;
    }
}
