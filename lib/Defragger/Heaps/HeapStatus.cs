namespace Defragger.Heaps;

/// <summary>What an operation of a heap answers. A full heap and a wrong offset are answers, not exceptions; the numbers
/// are those of <c>enum df_status</c> in defragger_heap.h.</summary>
public enum HeapStatus
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>No free run fits and the arena cannot grow. Nothing has changed.</summary>
    OutOfMemory = 1,

    /// <summary>The size is negative, or larger than any arena.</summary>
    InvalidSize = 2,

    /// <summary>The alignment is no power of two, or larger than any arena.</summary>
    InvalidAlignment = 3,

    /// <summary>The offset lies beyond what is committed, or between two granules.</summary>
    NotInHeap = 4,

    /// <summary>The offset lies in free memory: freed before, or never handed out.</summary>
    AlreadyFree = 5,

    /// <summary>The offset lies in a block, but not at its start.</summary>
    InsideBlock = 6,

    /// <summary>The block cannot grow where it is. Nothing has changed.</summary>
    NoRoom = 7,

    /// <summary>Capacity or growth cannot be used.</summary>
    InvalidOptions = 8,

    /// <summary>Of a batch to release: the offset is not above the one before.</summary>
    NotAscending = 9,
}
