namespace Defragger.Heaps;

/// <summary>What a heap asks of the world: the memory behind the offsets.</summary>
public interface IHeapOutside
{
    /// <summary>Makes a range usable, reading as zeros; false refuses, and the heap does without.</summary>
    bool Commit(long offset, long length);

    /// <summary>Gives the pages of a range back. It stays usable and reads as zeros afterwards. False: it could not, and
    /// all is as before.</summary>
    bool Purge(long offset, long length);

    /// <summary>Fills a range with zeros.</summary>
    void Zero(long offset, long length);
}
