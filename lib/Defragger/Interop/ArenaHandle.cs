using System.Runtime.InteropServices;
using Defragger.Heaps;
using static Defragger.Interop.LinuxMethods;

namespace Defragger.Interop;

/// <summary>A range of addresses for a heap, and the memory that comes and goes behind it.</summary>
/// <remarks>
/// <list type="number">
/// <item>Reserved: nothing can be read or written, and nothing is charged. All that is not committed is so.</item>
/// <item>Committed: readable and writable, zero when first read. Where the system does not promise more memory than it has
/// (vm.overcommit_memory=2) it is charged now, and may be refused.</item>
/// <item>Purged: as freshly committed. What lies in the first or last part of a larger system page than the heap's 4096
/// bytes (64 KiB on some arm64), or in locked memory, is cleared instead and not given back.</item>
/// </list>
/// Each block holds a reference (DangerousAddRef): the range is unmapped when the heap and the last block have gone.
/// </remarks>
internal sealed unsafe class ArenaHandle : SafeHandle, IHeapOutside
{
    /// <summary>Of the arena's start, and so the most that a block can ask for: a huge page of x64.</summary>
    internal const int Alignment = 2 << 20;

    private readonly nint _mapped;
    private readonly nuint _length;

    /// <summary>Reserves a range.</summary>
    /// <param name="capacity">Bytes, whole system pages.</param>
    internal ArenaHandle(long capacity)
        : base(0, ownsHandle: true)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("An arena needs mmap, mprotect and madvise as Linux has them.");
        _length = (nuint)capacity + Alignment;
        _mapped = mmap(0, _length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (_mapped == MAP_FAILED)
        {
            string why = Marshal.GetLastPInvokeErrorMessage();
            SetHandleAsInvalid();
            throw new InsufficientMemoryException(
                FormattableString.Invariant($"{capacity:N0} bytes of addresses cannot be reserved: {why}."));
        }
        SetHandle((_mapped + Alignment - 1) & ~(nint)(Alignment - 1));
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Bytes that purges have given back to the system up to now.</summary>
    internal long GivenBack { get; private set; }

    /// <summary>Where an offset is.</summary>
    internal byte* At(long offset) => (byte*)handle + offset;

    /// <inheritdoc/>
    public bool Commit(long offset, long length)
    {
        // The heap grows by its own 4096 bytes; neighbours in the same system page may be committed already.
        long page = Environment.SystemPageSize, start = offset & ~(page - 1), end = (offset + length + page - 1) & ~(page - 1);
        return mprotect((nint)At(start), (nuint)(end - start), PROT_READ | PROT_WRITE) == 0;
    }

    /// <inheritdoc/>
    public bool Purge(long offset, long length)
    {
        long page = Environment.SystemPageSize, end = offset + length;
        long first = (offset + page - 1) & ~(page - 1), last = end & ~(page - 1);
        if (first >= last || madvise((nint)At(first), (nuint)(last - first), MADV_DONTNEED) != 0)
        {
            Zero(offset, length);
            return true; // not given back, but clean
        }
        GivenBack += last - first;
        Zero(offset, first - offset);
        Zero(last, end - last);
        return true;
    }

    /// <inheritdoc/>
    public void Zero(long offset, long length) => NativeMemory.Clear(At(offset), (nuint)length);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => munmap(_mapped, _length) == 0;
}
