using System.Numerics;

namespace Defragger.Traces;

/// <summary>One step of a <see cref="Trace"/>: what is asked of a heap, without any answer.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Slot">The slot that it is about, or the first of them; 0 for one that is about none.</param>
/// <param name="Size">Bytes of the block; for <see cref="OperationKind.AllocateVictim"/> the most, for
/// <see cref="OperationKind.Split"/> those of the first part, for <see cref="OperationKind.Purge"/> the number of pages, for
/// <see cref="OperationKind.Refuse"/> of refusals, for <see cref="OperationKind.Hold"/> and
/// <see cref="OperationKind.Restore"/> the page, for <see cref="OperationKind.Merge"/> the most pages of a group; 0 for <see cref="OperationKind.Release"/> and
/// <see cref="OperationKind.ReleaseMany"/>.</param>
/// <param name="Alignment">What the block's offset is a multiple of: <see cref="DefaultAlignment"/> for a plain or a
/// zeroed allocation and for many, 0 for an operation that allocates nothing.</param>
/// <param name="Count">How many slots in a row a batch is about; 0 for all others.</param>
/// <param name="Other">The slot that takes the second part of a block; 0 for all but
/// <see cref="OperationKind.Split"/>.</param>
/// <remarks>The factories set the fields that do not apply to 0. A value made otherwise is looked at by
/// <see cref="Trace"/>, which takes no operation that its text could not hold.</remarks>
public readonly record struct Operation(OperationKind Kind, int Slot, long Size, long Alignment, int Count = 0, int Other = 0)
{
    /// <summary>The alignment of a block for which none was asked, as of C's malloc on 64-bit machines.</summary>
    public const long DefaultAlignment = 16;

    /// <summary>The largest size in bytes or number of pages: more than any address space has.</summary>
    public const long LargestSize = 1L << 48;

    /// <summary>The largest alignment.</summary>
    public const long LargestAlignment = 1L << 30;

    /// <summary>The most slots of a batch.</summary>
    public const int LargestCount = 1 << 16;

    /// <summary>Why no trace can hold this operation, as what is allowed instead; null when one can.</summary>
    internal string? Fault => Kind switch
    {
        > OperationKind.Merge => "a known kind of operation",
        _ when Slot < 0 || Other < 0 => $"a slot of 0 to {int.MaxValue}",
        _ when Size is < 0 or > LargestSize => $"a size of 0 to {LargestSize}",
        OperationKind.Allocate when !IsAlignment(Alignment) => $"an alignment that is a power of two up to {LargestAlignment}",
        OperationKind.AllocateZeroed or OperationKind.AllocateMany when Alignment != DefaultAlignment =>
            $"an alignment of {DefaultAlignment}",
        not (OperationKind.Allocate or OperationKind.AllocateZeroed or OperationKind.AllocateMany) when Alignment != 0 =>
            "an alignment of 0",
        OperationKind.Release or OperationKind.ReleaseMany when Size != 0 => "a size of 0",
        OperationKind.AllocateMany or OperationKind.ReleaseMany when Count is < 1 or > LargestCount =>
            $"a count of 1 to {LargestCount}",
        OperationKind.AllocateMany or OperationKind.ReleaseMany when Slot > int.MaxValue - (Count - 1) =>
            $"slots of 0 to {int.MaxValue}",
        not (OperationKind.AllocateMany or OperationKind.ReleaseMany) when Count != 0 => "a count of 0",
        not OperationKind.Split when Other != 0 => "another slot of 0",
        OperationKind.Purge or OperationKind.Refuse or OperationKind.Hold or OperationKind.Restore or OperationKind.Merge
            when Slot != 0 => "a slot of 0",
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

    /// <summary>New blocks of one size, for those of the slots from <paramref name="slot"/> on that are empty.</summary>
    public static Operation AllocateMany(int slot, long size, int count) =>
        new(OperationKind.AllocateMany, slot, size, DefaultAlignment, count);

    /// <summary>The end of the blocks of the slots from <paramref name="slot"/> on.</summary>
    public static Operation ReleaseMany(int slot, int count) => new(OperationKind.ReleaseMany, slot, 0, 0, count);

    /// <summary>The victim's front for a slot, at most this many bytes of it.</summary>
    public static Operation AllocateVictim(int slot, long most) => new(OperationKind.AllocateVictim, slot, most, 0);

    /// <summary>Two blocks of a slot's one: the first of this size, the second for another slot.</summary>
    public static Operation Split(int slot, int other, long size) => new(OperationKind.Split, slot, size, 0, 0, other);

    /// <summary>A page is held.</summary>
    public static Operation Hold(long page) => new(OperationKind.Hold, 0, page, 0);

    /// <summary>A page is not held any more.</summary>
    public static Operation Restore(long page) => new(OperationKind.Restore, 0, page, 0);

    /// <summary>Pages are merged, at most this many, 2 to 16, in a group.</summary>
    public static Operation Merge(long members) => new(OperationKind.Merge, 0, members, 0);

    /// <summary>The operation as a line of a trace.</summary>
    public override string ToString()
    {
        using var text = new StringWriter();
        TraceLine.Write(text, this);
        return text.ToString();
    }

    private static bool IsAlignment(long bytes) => bytes is > 0 and <= LargestAlignment && BitOperations.IsPow2(bytes);
}
