using System.Runtime.InteropServices;
using Defragger.Heaps;

namespace Defragger.Interop;

/// <summary>A <c>struct df_heap *</c>, the memory that it lies in, and the way from C to its outside: closing a native heap
/// is giving these back.</summary>
internal sealed unsafe class HeapHandle : SafeHandle
{
    /// <summary>df_heap_open wants whole cache lines.</summary>
    private const nuint Alignment = 64;

    private GCHandle _outside;
    private void* _memory, _holds;
    private ulong _capacity;

    /// <summary>Holds nothing; <see cref="Open"/> makes those that do.</summary>
    public HeapHandle()
        : base(0, ownsHandle: true)
    {
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Opens a heap; <paramref name="opened"/> is null unless the answer is Ok.</summary>
    internal static HeapStatus Open(ulong capacity, ulong growth, OutsideCalls outside, out HeapHandle? opened)
    {
        opened = null;
        nuint size = NativeMethods.df_heap_metadata_size(capacity);
        if (size == 0) return HeapStatus.InvalidOptions;
        var made = new HeapHandle();
        // calloc and not AlignedAlloc: a large region comes as fresh pages, which cost nothing before they are touched.
        made._memory = NativeMemory.AllocZeroed(size + Alignment);
        void* metadata = (void*)(((nuint)made._memory + Alignment - 1) & ~(Alignment - 1));
        made.SetHandle((nint)metadata);
        made._outside = GCHandle.Alloc(outside);
        var options = new NativeMethods.DfHeapOptions
        {
            Capacity = capacity, Growth = growth, Outside = outside.Native(made._outside),
        };
        int status = NativeMethods.df_heap_open(metadata, size, &options, out nint heap);
        if (status == (int)HeapStatus.Ok)
        {
            made.SetHandle(heap);
            made._capacity = capacity;
            opened = made;
        }
        else
        {
            made.Dispose();
        }
        return (HeapStatus)status;
    }

    /// <summary>Memory for the bits of held pages, when the first is to be held.</summary>
    internal void PrepareHolds()
    {
        if (_holds != null) return;
        nuint size = NativeMethods.df_heap_hold_size(_capacity);
        _holds = NativeMemory.AllocZeroed(size);
        int status = NativeMethods.df_heap_hold_memory(this, _holds, size);
        if (status != (int)HeapStatus.Ok) throw new InvalidOperationException($"df_heap_hold_memory: {(HeapStatus)status}");
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.Free(_holds);
        NativeMemory.Free(_memory);
        if (_outside.IsAllocated) _outside.Free();
        return true;
    }
}
