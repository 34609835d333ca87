using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Defragger.Tests.Memory;

/// <summary>What the system says of addresses.</summary>
internal static class Addresses
{
    private const long Page = 4096;

    /// <summary>Where a block is; it stays there, pinned or not.</summary>
    internal static nint Of(IMemoryOwner<byte> owner) => Of(owner.Memory.Span);

    internal static nint Of(Span<byte> span) =>
        Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(span));

    /// <summary>Whether a pin has the address: the tests have no unsafe code to read its pointer with, so that it is looked for
    /// in the pin's three words.</summary>
    internal static bool IsPinned(MemoryHandle pin, nint address)
    {
        ref nint word = ref Unsafe.As<MemoryHandle, nint>(ref pin);
        return word == address || Unsafe.Add(ref word, 1) == address || Unsafe.Add(ref word, 2) == address;
    }

    /// <summary>Bytes of the range that are in memory.</summary>
    internal static long Resident(nint start, long length)
    {
        byte[] pages = new byte[(length + Page - 1) / Page];
        if (mincore(start, (nuint)length, pages) != 0)
            throw new InvalidOperationException(Marshal.GetLastPInvokeErrorMessage());
        return pages.Count(page => (page & 1) != 0) * Page;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int mincore(nint address, nuint length, byte[] pages);
}
