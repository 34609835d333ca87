using System.Runtime.InteropServices;
using Defragger.Heaps;
using Defragger.Views;
using static Defragger.Interop.NativeMethods;

namespace Defragger.Interop;

/// <summary>The coalescing heap of the native library: what <see cref="CoalescingHeap"/> answers, from C.</summary>
/// <remarks>
/// What the outside throws cannot pass through C: it waits until the call has ended and is thrown then. By that time a
/// Commit that threw counts as refused, a Purge that threw as one that failed, and a block whose Zero threw, or a batch in
/// which a Commit did, has been given back.
/// </remarks>
public sealed class NativeHeap : IHeap, IDisposable
{
    private readonly OutsideCalls _outside;
    private readonly HeapHandle _heap;

    private NativeHeap(HeapHandle heap, OutsideCalls outside)
    {
        _heap = heap;
        _outside = outside;
    }

    /// <summary>Makes a heap.</summary>
    /// <param name="options">What it is made with.</param>
    /// <param name="heap">The heap; null unless the answer is Ok.</param>
    /// <returns>Ok; InvalidOptions; OutOfMemory when growth is 0 and Commit refuses.</returns>
    /// <exception cref="DllNotFoundException">The native library is not where it belongs.</exception>
    public static HeapStatus TryOpen(HeapOptions options, out NativeHeap? heap)
    {
        ArgumentNullException.ThrowIfNull(options);
        heap = null;
        if (options.Capacity < 0 || options.Growth < 0) return HeapStatus.InvalidOptions;
        var outside = new OutsideCalls(options.Outside);
        HeapStatus status =
            HeapHandle.Open((ulong)options.Capacity, (ulong)options.Growth, outside, out HeapHandle? opened);
        if (opened != null) heap = new NativeHeap(opened, outside);
        outside.Rethrow(); // a Commit that threw was refused, so that nothing is open
        return status;
    }

    /// <inheritdoc/>
    public HeapStatus Allocate(long size, long alignment, out long offset)
    {
        int status = df_heap_allocate(_heap, (ulong)size, (ulong)alignment, out ulong at);
        return Allocated(status, at, out offset);
    }

    /// <inheritdoc/>
    public HeapStatus AllocateZeroed(long size, out long offset)
    {
        int status = df_heap_allocate_zeroed(_heap, (ulong)size, out ulong at);
        if (_outside.HasThrown && status == (int)HeapStatus.Ok) _ = df_heap_release(_heap, at);
        return Allocated(status, at, out offset);
    }

    /// <inheritdoc/>
    public HeapStatus Release(long offset) => (HeapStatus)df_heap_release(_heap, (ulong)offset);

    /// <inheritdoc/>
    public HeapStatus AllocateMany(long size, Span<long> offsets, out int allocated)
    {
        int status = df_heap_allocate_many(_heap, (ulong)size, (nuint)offsets.Length, offsets, out nuint count);
        allocated = (int)count;
        if (_outside.HasThrown)
            foreach (long offset in offsets[..allocated]) _ = df_heap_release(_heap, (ulong)offset);
        _outside.Rethrow();
        return (HeapStatus)status;
    }

    /// <inheritdoc/>
    public HeapStatus AllocateVictim(long most, out HeapRange range)
    {
        int status = df_heap_allocate_victim(_heap, Unsigned(most), out DfRange native);
        range = status == (int)HeapStatus.Ok ? RangeOf(native) : default;
        return (HeapStatus)status;
    }

    /// <inheritdoc/>
    public HeapStatus Split(long offset, long size) => (HeapStatus)df_heap_split(_heap, (ulong)offset, (ulong)size);

    /// <inheritdoc/>
    public HeapStatus ReleaseMany(ReadOnlySpan<long> offsets, out int released)
    {
        int status = df_heap_release_many(_heap, offsets, (nuint)offsets.Length, out nuint count);
        released = (int)count;
        return (HeapStatus)status;
    }

    /// <inheritdoc/>
    public HeapStatus ReleaseStarts(ReadOnlySpan<BlockStarts> words, out int released)
    {
        int status = df_heap_release_starts(_heap, words, (nuint)words.Length, out nuint count);
        released = (int)count;
        return (HeapStatus)status;
    }

    /// <inheritdoc/>
    public HeapStatus Resize(long offset, long size)
    {
        int status = df_heap_resize(_heap, (ulong)offset, (ulong)size);
        _outside.Rethrow();
        return (HeapStatus)status;
    }

    /// <inheritdoc/>
    public HeapStatus UsableSize(long offset, out long size)
    {
        int status = df_heap_usable_size(_heap, (ulong)offset, out ulong bytes);
        size = status == (int)HeapStatus.Ok ? (long)bytes : 0;
        return (HeapStatus)status;
    }

    /// <inheritdoc/>
    public bool HoldPage(int page)
    {
        _heap.PrepareHolds();
        return df_heap_hold_page(_heap, (uint)page) != 0;
    }

    /// <inheritdoc/>
    public bool RestorePage(int page) => df_heap_restore_page(_heap, (uint)page) != 0;

    /// <inheritdoc/>
    public bool IsHeld(int page) => df_heap_page_is_held(_heap, (uint)page) != 0;

    /// <inheritdoc/>
    public PageBits PageLive(int page)
    {
        PageBits live = default;
        df_heap_page_live(_heap, (uint)page, live);
        return live;
    }

    /// <inheritdoc/>
    public MergePlan PlanMerges(ReadOnlySpan<int> pages, MergeLimits limits, Span<int> groupOf)
    {
        limits.Demand();
        groupOf = groupOf[..pages.Length];
        var native = new DfMergeLimits
        {
            MaxMembers = (uint)limits.MaxMembers, MaxProbes = (uint)limits.MaxProbes, MaxLive = (uint)limits.MaxLive,
        };
        ulong[] scratch = new ulong[df_heap_merge_scratch((nuint)pages.Length) / sizeof(ulong) + 1];
        DfMergePlan plan = df_heap_plan_merges(_heap, pages, (nuint)pages.Length, native, groupOf, scratch);
        return new MergePlan((int)plan.Groups, (int)plan.Members, (int)plan.Mappings);
    }

    /// <inheritdoc/>
    public bool TryPurgeNext(long below, long most, out HeapRange range)
    {
        bool found = df_heap_purge_next(_heap, Unsigned(below), Unsigned(most), out DfRange native) != 0;
        range = found ? RangeOf(native) : default;
        return found;
    }

    /// <inheritdoc/>
    public void MarkPurged(HeapRange range) => df_heap_mark_purged(
        _heap, new DfRange { Offset = (ulong)range.Offset, Length = (ulong)range.Length });

    /// <inheritdoc/>
    public long Purge(long most)
    {
        ulong purged = df_heap_purge(_heap, Unsigned(most));
        _outside.Rethrow();
        return (long)purged;
    }

    /// <inheritdoc/>
    public HeapStatistics Statistics
    {
        get
        {
            df_heap_statistics(_heap, out DfStatistics native);
            return new HeapStatistics(
                (long)native.Capacity, (long)native.Committed, (long)native.LiveBlocks, (long)native.Live,
                (long)native.Free, (long)native.FreeLeast, (long)native.LargestFree, (long)native.FreeRuns, RangeOf(native.Victim),
                (long)native.Pinned, (long)native.DirtyFree, (long)native.Held);
        }
    }

    /// <inheritdoc/>
    public HeapSnapshot Snapshot()
    {
        var items = new List<HeapItem>();
        for (ulong from = 0; df_heap_walk(_heap, from, out DfItem item) != 0; from = item.Offset + item.Length)
            items.Add(new HeapItem((long)item.Offset, (long)item.Length, item.Live != 0, item.Held != 0));
        var runs = new DfRange[items.Count]; // there are not more free runs than items
        int count = (int)df_heap_index(_heap, runs, (nuint)runs.Length);
        return new HeapSnapshot(items, Array.ConvertAll(runs[..count], RangeOf), Statistics);
    }

    /// <inheritdoc/>
    public int Check() => df_heap_check(_heap);

    /// <summary>The text that the native library has for an invariant.</summary>
    internal static string Rule(int number) => Marshal.PtrToStringUTF8(df_heap_rule(number))!;

    /// <summary>Gives the metadata back. The arena is the outside's own.</summary>
    public void Dispose() => _heap.Dispose();

    private HeapStatus Allocated(int status, ulong at, out long offset)
    {
        offset = status == (int)HeapStatus.Ok ? (long)at : 0;
        _outside.Rethrow();
        return (HeapStatus)status;
    }

    /// <summary>A bound below 0 admits nothing; as an unsigned number it would admit all.</summary>
    private static ulong Unsigned(long bound) => (ulong)Math.Max(0, bound);

    private static HeapRange RangeOf(DfRange range) => new((long)range.Offset, (long)range.Length);
}
