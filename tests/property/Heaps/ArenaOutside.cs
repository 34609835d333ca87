using Defragger.Heaps;

namespace Defragger.Tests.Heaps;

/// <summary>The memory behind a heap under test: an arena that is really written to, and the record of what was asked.</summary>
internal sealed class ArenaOutside(long capacity) : IHeapOutside
{
    /// <summary>The arena. Fresh memory is zero; what is not committed is never looked at.</summary>
    public byte[] Memory { get; } = new byte[capacity];

    /// <summary>What the heap asked for, in order.</summary>
    public List<(char Call, long Offset, long Length)> Calls { get; } = [];

    /// <summary>How many commits are still to be refused.</summary>
    public long Refusals { get; set; }

    public bool Commit(long offset, long length)
    {
        Calls.Add(('c', offset, length));
        if (Refusals == 0) return true;
        Refusals--;
        return false;
    }

    public bool Purge(long offset, long length)
    {
        Calls.Add(('p', offset, length));
        Memory.AsSpan((int)offset, (int)length).Clear();
        return true;
    }

    public void Zero(long offset, long length)
    {
        Calls.Add(('z', offset, length));
        Memory.AsSpan((int)offset, (int)length).Clear();
    }
}
