using System.Runtime.InteropServices;

namespace Defragger.Interop;

/// <summary>The functions of defragger_heap.h under their own names. Nothing here knows what they mean.</summary>
internal static unsafe partial class NativeMethods
{
    internal const string Library = "defragger-core";

    static NativeMethods() => NativeLibraryPath.Register();

    /// <summary><c>struct df_outside</c>: the context goes back to each function.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct DfOutside
    {
        internal nint Context;
        internal delegate* unmanaged<nint, ulong, ulong, byte> Commit;
        internal delegate* unmanaged<nint, ulong, ulong, byte> Purge;
        internal delegate* unmanaged<nint, ulong, ulong, void> Zero;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct DfHeapOptions
    {
        internal ulong Capacity, Growth;
        internal DfOutside Outside;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct DfRange
    {
        internal ulong Offset, Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct DfItem
    {
        internal ulong Offset, Length;
        internal byte Live, Held;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct DfStatistics
    {
        internal ulong Capacity, Committed, LiveBlocks, Live, Free, FreeLeast, LargestFree, FreeRuns;
        internal DfRange Victim;
        internal ulong Pinned, DirtyFree, Held;
    }

    [LibraryImport(Library)]
    internal static partial nuint df_heap_metadata_size(ulong capacity);

    [LibraryImport(Library)]
    internal static partial int df_heap_open(void* metadata, nuint metadata_size, DfHeapOptions* options, out nint heap);

    [LibraryImport(Library)]
    internal static partial int df_heap_allocate(HeapHandle heap, ulong size, ulong alignment, out ulong offset);

    [LibraryImport(Library)]
    internal static partial int df_heap_allocate_zeroed(HeapHandle heap, ulong size, out ulong offset);

    [LibraryImport(Library)]
    internal static partial int df_heap_release(HeapHandle heap, ulong offset);

    [LibraryImport(Library)]
    internal static partial int df_heap_allocate_many(
        HeapHandle heap, ulong size, nuint count, Span<long> offsets, out nuint allocated);

    [LibraryImport(Library)]
    internal static partial int df_heap_allocate_victim(HeapHandle heap, ulong most, out DfRange range);

    [LibraryImport(Library)]
    internal static partial int df_heap_split(HeapHandle heap, ulong offset, ulong size);

    [LibraryImport(Library)]
    internal static partial int df_heap_release_many(
        HeapHandle heap, ReadOnlySpan<long> offsets, nuint count, out nuint released);

    /// <summary><c>struct df_starts</c> is <see cref="Heaps.BlockStarts"/>: an offset and 64 bits.</summary>
    [LibraryImport(Library)]
    internal static partial int df_heap_release_starts(
        HeapHandle heap, ReadOnlySpan<Heaps.BlockStarts> words, nuint count, out nuint released);

    [LibraryImport(Library)]
    internal static partial int df_heap_resize(HeapHandle heap, ulong offset, ulong size);

    [LibraryImport(Library)]
    internal static partial int df_heap_usable_size(HeapHandle heap, ulong offset, out ulong size);

    [StructLayout(LayoutKind.Sequential)]
    internal struct DfMergeLimits
    {
        internal uint MaxMembers, MaxProbes, MaxLive;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct DfMergePlan
    {
        internal uint Groups, Members, SavedPages, Mappings;
    }

    [LibraryImport(Library)]
    internal static partial nuint df_heap_hold_size(ulong capacity);

    [LibraryImport(Library)]
    internal static partial int df_heap_hold_memory(HeapHandle heap, void* memory, nuint size);

    [LibraryImport(Library)]
    internal static partial byte df_heap_hold_page(HeapHandle heap, uint page);

    [LibraryImport(Library)]
    internal static partial byte df_heap_restore_page(HeapHandle heap, uint page);

    [LibraryImport(Library)]
    internal static partial byte df_heap_page_is_held(HeapHandle heap, uint page);

    [LibraryImport(Library)]
    internal static partial void df_heap_page_live(HeapHandle heap, uint page, Span<ulong> live);

    [LibraryImport(Library)]
    internal static partial nuint df_heap_merge_scratch(nuint count);

    /// <summary>Pages and groups are below 2^31 here, and no group is -1 as well as the largest number.</summary>
    [LibraryImport(Library)]
    internal static partial DfMergePlan df_heap_plan_merges(
        HeapHandle heap, ReadOnlySpan<int> pages, nuint count, in DfMergeLimits limits, Span<int> groupOf, Span<ulong> scratch);

    [LibraryImport(Library)]
    internal static partial byte df_heap_purge_next(HeapHandle heap, ulong below, ulong most, out DfRange range);

    [LibraryImport(Library)]
    internal static partial ulong df_heap_purge(HeapHandle heap, ulong most);

    [LibraryImport(Library)]
    internal static partial void df_heap_mark_purged(HeapHandle heap, DfRange range);

    [LibraryImport(Library)]
    internal static partial void df_heap_statistics(HeapHandle heap, out DfStatistics statistics);

    [LibraryImport(Library)]
    internal static partial byte df_heap_walk(HeapHandle heap, ulong from, out DfItem item);

    [LibraryImport(Library)]
    internal static partial nuint df_heap_index(HeapHandle heap, Span<DfRange> runs, nuint room);

    [LibraryImport(Library)]
    internal static partial int df_heap_check(HeapHandle heap);

    [LibraryImport(Library)]
    internal static partial nint df_heap_rule(int number);
}
