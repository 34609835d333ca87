namespace Defragger.Traces;

/// <summary>What a recorded thread did with an address.</summary>
internal enum RecordedEventKind : byte
{
    Allocate,
    AllocateZeroed,
    Release,

    /// <summary>The first half of a resize: the block is no longer where it was.</summary>
    Leave,

    /// <summary>The second half: it is here, and has this size.</summary>
    Arrive,
}

/// <summary>An event of a recording.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Order">Events of all threads sort by this: twice the value of the recording's counter, and one more where an
/// address is given up. Equal ones got different addresses, in any order.</param>
/// <param name="Granule">The address, in granules.</param>
/// <param name="Size">Bytes; 0 for <see cref="RecordedEventKind.Release"/> and <see cref="RecordedEventKind.Leave"/>.</param>
/// <param name="Alignment">What the address was asked to be a multiple of; 0 where none was asked for.</param>
internal readonly record struct RecordedEvent(RecordedEventKind Kind, ulong Order, ulong Granule, long Size, long Alignment);
