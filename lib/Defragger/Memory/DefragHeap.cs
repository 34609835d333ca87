using System.Buffers;
using System.Numerics;
using Defragger.Heaps;
using Defragger.Interop;
using Defragger.Views;

namespace Defragger.Memory;

/// <summary>Native memory of one's own: blocks that the garbage collector neither moves nor scans, cut from one arena by the
/// coalescing heap, whose free pages go back to the system. Linux only.</summary>
/// <remarks>
/// <para>An arena of addresses is reserved when the heap is made; memory is committed as blocks need it. Blocks come from the
/// native library's heap, or, where that library is missing, from the same heap in C#, at the same offsets.</para>
/// <list type="number">
/// <item>A block is its renter's until the owner is disposed of; a second Dispose does nothing, and a use afterwards throws
/// <see cref="ObjectDisposedException"/>. A pinned block goes back when its last pin has gone. Hold the owner (using) as long
/// as you use a span of it: a span keeps nothing alive, and a span that was taken before Dispose shows another's bytes
/// afterwards.</item>
/// <item>An owner that is dropped without Dispose keeps its block, and with it the arena, to the end of the process: freeing
/// it behind a span that may still be in use would be worse. <see cref="Statistics"/> counts such blocks as live. A heap
/// without blocks that is dropped is closed by the collector.</item>
/// <item>Blocks outlive the heap's Dispose: they stay valid, free pages go back at once, and the arena is unmapped when the
/// last block has been disposed of.</item>
/// <item>Any thread may call anything at any time; one lock makes it one call after the other. Two threads that use the bytes
/// of one block, or dispose of it while it is in use, have to agree themselves.</item>
/// <item>Memory goes back to the system by <see cref="Trim"/>, and by a release that leaves more free pages than
/// <see cref="DefragHeapOptions.DirtyLimit"/>; by nothing else, and not over time.</item>
/// </list>
/// </remarks>
public sealed unsafe class DefragHeap : IDisposable
{
    /// <summary>The largest alignment that a block can have: 2 MiB.</summary>
    public const int MaxAlignment = ArenaHandle.Alignment;

    /// <summary>What a block has without being asked.</summary>
    private const int DefaultAlignment = 16;

    /// <summary>The heap's unit of dirty and purged, whatever the system's pages are.</summary>
    private const long HeapPage = 4096;

    private readonly ArenaHandle _arena;
    private readonly IHeap _core;
    private readonly long _dirtyLimit;
    private readonly bool _clearOnReturn;

    /// <summary>The dirty free pages are at most so many bytes: a count that costs nothing, in place of the statistics after
    /// each release.</summary>
    private long _dirtyBound;

    private bool _isDisposed;

    /// <summary>Reserves an arena and makes a heap of it.</summary>
    /// <param name="capacity">Bytes of the arena, from 1 to 64 GiB less a page; rounded up to whole pages.</param>
    /// <param name="options">Null for what the properties of <see cref="DefragHeapOptions"/> say.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity or an option is out of range.</exception>
    /// <exception cref="InsufficientMemoryException">The system refuses.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public DefragHeap(long capacity, DefragHeapOptions? options = null)
        : this(capacity, options ?? new DefragHeapOptions(), isManaged: false)
    {
    }

    internal DefragHeap(long capacity, DefragHeapOptions options, bool isManaged)
    {
        long page = Environment.SystemPageSize, most = HeapOptions.CapacityMax & ~(page - 1);
        if (capacity <= 0 || capacity > most)
            throw OutOfRange(nameof(capacity), capacity, $"A heap has from 1 to {most} bytes.");
        if (options.Growth < 0)
            throw OutOfRange(nameof(options), options.Growth, $"{nameof(options.Growth)} is negative.");
        if (options.DirtyLimit < 0)
            throw OutOfRange(nameof(options), options.DirtyLimit, $"{nameof(options.DirtyLimit)} is negative.");
        Capacity = (capacity + page - 1) & ~(page - 1);
        _dirtyLimit = options.DirtyLimit;
        _clearOnReturn = options.ClearOnReturn;
        _arena = new ArenaHandle(Capacity);
        try
        {
            _core = Open(new HeapOptions(Capacity, Math.Min(options.Growth, Capacity), _arena), isManaged);
        }
        catch
        {
            _arena.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of the arena.</summary>
    public long Capacity { get; }

    /// <summary>The counters.</summary>
    /// <exception cref="ObjectDisposedException">The heap was disposed of.</exception>
    public HeapStatistics Statistics
    {
        get
        {
            lock (Gate)
            {
                ThrowIfDisposed();
                return _core.Statistics;
            }
        }
    }

    /// <summary>The one lock: over the core, and over what a block knows of itself.</summary>
    internal object Gate { get; } = new();

    /// <summary>Where the arena begins.</summary>
    internal nint Address => (nint)_arena.At(0);

    /// <summary>Whether the arena is still there.</summary>
    internal bool IsMapped => !_arena.IsClosed;

    /// <summary>Whether the blocks come from C.</summary>
    internal bool IsNative => _core is NativeHeap;

    /// <summary>Rents a block. What is in it is not defined.</summary>
    /// <param name="size">Bytes, exactly the length of the memory.</param>
    /// <param name="alignment">A power of two up to <see cref="MaxAlignment"/>; less than 16 counts as 16.</param>
    /// <returns>The owner, to be disposed of.</returns>
    /// <exception cref="InsufficientMemoryException">No free run is long enough, and the arena cannot grow.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative, or the alignment is none.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed of.</exception>
    public IMemoryOwner<byte> Rent(int size, int alignment = DefaultAlignment) =>
        Take(size, alignment, isZeroed: false, out HeapStatistics full) ?? throw Full(size, alignment, full);

    /// <summary>Rents a block that reads as zeros; pages that are known to be zero are not written to.</summary>
    /// <param name="size">Bytes, exactly the length of the memory.</param>
    /// <returns>The owner, to be disposed of.</returns>
    /// <exception cref="InsufficientMemoryException">No free run is long enough, and the arena cannot grow.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed of.</exception>
    public IMemoryOwner<byte> RentZeroed(int size) =>
        Take(size, DefaultAlignment, isZeroed: true, out HeapStatistics full) ?? throw Full(size, DefaultAlignment, full);

    /// <summary>Rents a block if there is room.</summary>
    /// <param name="size">Bytes, exactly the length of the memory.</param>
    /// <param name="owner">The owner, to be disposed of; null when the heap is full.</param>
    /// <param name="alignment">A power of two up to <see cref="MaxAlignment"/>; less than 16 counts as 16.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative, or the alignment is none.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed of.</exception>
    public bool TryRent(
        int size, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IMemoryOwner<byte>? owner,
        int alignment = DefaultAlignment)
    {
        owner = Take(size, alignment, isZeroed: false, out _);
        return owner != null;
    }

    /// <summary>Gives all free pages back to the system. They stay committed, and are zero when they are used again.</summary>
    /// <returns>Bytes given back. The process's memory falls by those of them that had been written to.</returns>
    /// <exception cref="ObjectDisposedException">The heap was disposed of.</exception>
    public long Trim()
    {
        lock (Gate)
        {
            ThrowIfDisposed();
            long before = _arena.GivenBack;
            _core.Purge(long.MaxValue);
            _dirtyBound = 0;
            return _arena.GivenBack - before;
        }
    }

    /// <summary>A picture of all blocks and free runs. Other threads wait meanwhile.</summary>
    /// <exception cref="ObjectDisposedException">The heap was disposed of.</exception>
    public HeapSnapshot Snapshot()
    {
        lock (Gate)
        {
            ThrowIfDisposed();
            return _core.Snapshot();
        }
    }

    /// <summary>Closes the heap; blocks that are still rented stay valid until they are disposed of.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            if (_core.Statistics.LiveBlocks > 0) _core.Purge(long.MaxValue);
            (_core as IDisposable)?.Dispose();
            _arena.Dispose(); // unmapped when no block refers to it any more
        }
    }

    /// <summary>Takes a block back; the lock is held.</summary>
    internal void Return(HeapBlock block, Span<byte> content)
    {
        if (_clearOnReturn) content.Clear();
        if (!_isDisposed)
        {
            // A block returns once, so that nothing but Ok can be answered unless somebody wrote over the heap's own data.
            HeapStatus status = _core.Release(block.Offset);
            if (status != HeapStatus.Ok)
                throw new InvalidOperationException($"The block at offset {block.Offset} is not the heap's: {status}.");
            PurgeAboveLimit(content.Length);
        }
        _arena.DangerousRelease();
    }

    private static IHeap Open(HeapOptions options, bool isManaged)
    {
        HeapStatus status = HeapStatus.Ok;
        IHeap? core = isManaged ? null : OpenNative(options, out status);
        if (core == null && status == HeapStatus.Ok)
        {
            status = CoalescingHeap.TryOpen(options, out CoalescingHeap? managed);
            core = managed;
        }
        return core ?? throw new InsufficientMemoryException(
            FormattableString.Invariant($"{options.Capacity:N0} bytes cannot be committed ({status})."));
    }

    /// <summary>Null and Ok: there is no native library.</summary>
    private static NativeHeap? OpenNative(HeapOptions options, out HeapStatus status)
    {
        status = HeapStatus.Ok;
        try
        {
            status = NativeHeap.TryOpen(options, out NativeHeap? native);
            return native;
        }
        catch (DllNotFoundException)
        {
            return null;
        }
    }

    private HeapBlock? Take(int size, int alignment, bool isZeroed, out HeapStatistics full)
    {
        if (size < 0) throw OutOfRange(nameof(size), size, "A size is not negative.");
        if (!BitOperations.IsPow2(alignment) || alignment > MaxAlignment)
            throw OutOfRange(nameof(alignment), alignment, $"An alignment is a power of two up to {MaxAlignment}.");
        full = default;
        lock (Gate)
        {
            ThrowIfDisposed();
            HeapStatus status = isZeroed
                ? _core.AllocateZeroed(size, out long offset)
                : _core.Allocate(size, alignment, out offset);
            if (status != HeapStatus.Ok)
            {
                full = _core.Statistics;
                return null;
            }
            bool isHeld = false;
            _arena.DangerousAddRef(ref isHeld);
            return new HeapBlock(this, offset, _arena.At(offset), size);
        }
    }

    private void PurgeAboveLimit(int size)
    {
        // Blocks start at multiples of 16, so that a block touches no more pages than if it began with a page's last 16 bytes.
        const long before = HeapPage - 16;
        _dirtyBound += WholePages(before + Math.Max(size, 16));
        if (_dirtyBound <= _dirtyLimit) return;
        long dirty = _core.Statistics.DirtyFree;
        if (dirty > _dirtyLimit) dirty -= _core.Purge(WholePages(dirty - _dirtyLimit / 2));
        _dirtyBound = dirty;
    }

    private static long WholePages(long bytes) => (bytes + HeapPage - 1) & ~(HeapPage - 1);

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, this);

    private static ArgumentOutOfRangeException OutOfRange(string name, long value, string rule) => new(name, value, rule);

    private static InsufficientMemoryException Full(int size, int alignment, HeapStatistics full) =>
        new(FormattableString.Invariant(
            $"The heap has no room for {size:N0} bytes aligned to {alignment:N0}: of {full.Capacity:N0} bytes ")
            + FormattableString.Invariant($"{full.Live:N0} are live, {full.Capacity - full.Committed:N0} not committed, ")
            + FormattableString.Invariant($"and the longest free run is of {full.LargestFree:N0}."));
}
