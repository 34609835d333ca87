namespace Defragger.Traces;

/// <summary>What an <see cref="Operation"/> asks of a heap.</summary>
public enum OperationKind : byte
{
    /// <summary>A new block for an empty slot, with any content.</summary>
    Allocate,

    /// <summary>A new block for an empty slot, all zero.</summary>
    AllocateZeroed,

    /// <summary>Another size for a slot's block, which may move; its content goes with it.</summary>
    Resize,

    /// <summary>The end of a slot's block.</summary>
    Release,

    /// <summary>Pages without anything live go back to the system.</summary>
    Purge,

    /// <summary>From here on the system refuses memory, a number of times.</summary>
    Refuse,

    /// <summary>New blocks for those of some slots in a row that are empty, with any content, as one batch.</summary>
    AllocateMany,

    /// <summary>The end of the blocks of some slots in a row, as one batch in address order.</summary>
    ReleaseMany,

    /// <summary>The front of the victim for an empty slot, as one block with any content.</summary>
    AllocateVictim,

    /// <summary>A slot's block becomes two; the second is an empty slot's.</summary>
    Split,

    /// <summary>A page is held: nothing is placed on it.</summary>
    Hold,

    /// <summary>A held page is as any other again.</summary>
    Restore,

    /// <summary>All pages that can be are merged: planned, and then held.</summary>
    Merge,
}
