using System.Numerics;

namespace Defragger.Traces;

/// <summary>One step of a <see cref="Trace"/>: what is asked of a heap, without any answer.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Slot">The slot that it is about; 0 for one that is about none.</param>
/// <param name="Size">Bytes of the block; for <see cref="OperationKind.Purge"/> the number of pages, for
/// <see cref="OperationKind.Refuse"/> of refusals; 0 for <see cref="OperationKind.Release"/>.</param>
/// <param name="Alignment">What the block's offset is a multiple of: <see cref="DefaultAlignment"/> for a plain or a
/// zeroed allocation, 0 for an operation that allocates nothing.</param>
/// <remarks>The factories set the fields that do not apply to 0. A value made otherwise is looked at by
/// <see cref="Trace"/>, which takes no operation that its text could not hold.</remarks>
public readonly record struct Operation(OperationKind Kind, int Slot, long Size, long Alignment)
{
    /// <summary>The alignment of a block for which none was asked, as of C's malloc on 64-bit machines.</summary>
    public const long DefaultAlignment = 16;

    /// <summary>The largest size in bytes or number of pages: more than any address space has.</summary>
    public const long LargestSize = 1L << 48;

    /// <summary>The largest alignment.</summary>
    public const long LargestAlignment = 1L << 30;

    /// <summary>Why no trace can hold this operation, as what is allowed instead; null when one can.</summary>
    internal string? Fault => Kind switch
    {
        > OperationKind.Refuse => "a known kind of operation",
        _ when Slot < 0 => $"a slot of 0 to {int.MaxValue}",
        _ when Size is < 0 or > LargestSize => $"a size of 0 to {LargestSize}",
        OperationKind.Allocate when !IsAlignment(Alignment) => $"an alignment that is a power of two up to {LargestAlignment}",
        OperationKind.AllocateZeroed when Alignment != DefaultAlignment => $"an alignment of {DefaultAlignment}",
        not (OperationKind.Allocate or OperationKind.AllocateZeroed) when Alignment != 0 => "an alignment of 0",
        OperationKind.Release when Size != 0 => "a size of 0",
        OperationKind.Purge or OperationKind.Refuse when Slot != 0 => "a slot of 0",
        _ => null,
    };

    /// <summary>A new block for a slot.</summary>
    public static Operation Allocate(int slot, long size, long alignment = DefaultAlignment) =>
        new(OperationKind.Allocate, slot, size, alignment);

    /// <summary>A new block for a slot, all zero.</summary>
    public static Operation AllocateZeroed(int slot, long size) =>
        new(OperationKind.AllocateZeroed, slot, size, DefaultAlignment);

    /// <summary>Another size for the block of a slot.</summary>
    public static Operation Resize(int slot, long size) => new(OperationKind.Resize, slot, size, 0);

    /// <summary>The end of a slot's block.</summary>
    public static Operation Release(int slot) => new(OperationKind.Release, slot, 0, 0);

    /// <summary>At most this many free pages go back to the system.</summary>
    public static Operation Purge(long pages) => new(OperationKind.Purge, 0, pages, 0);

    /// <summary>The next requests for memory, this many, are refused by the system.</summary>
    public static Operation Refuse(long times) => new(OperationKind.Refuse, 0, times, 0);

    /// <summary>The operation as a line of a trace.</summary>
    public override string ToString()
    {
        using var text = new StringWriter();
        TraceLine.Write(text, this);
        return text.ToString();
    }

    private static bool IsAlignment(long bytes) => bytes is > 0 and <= LargestAlignment && BitOperations.IsPow2(bytes);
}
