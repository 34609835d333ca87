using System.Buffers;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Defragger.Heaps;
using Defragger.Interop;
using Defragger.Memory;
using Microsoft.Extensions.ObjectPool;

namespace Defragger.Bench.Core;

/// <summary>Rent 48 bytes and dispose of them: whether the owner objects are worth a pool, and what a finalizer would
/// cost.</summary>
/// <remarks>Product is DefragHeap as it is. The next three do its work (one lock around the native heap) with owners that are
/// new, pooled, or new with a finalizer; the others are what one would use instead.</remarks>
public class OwnerBenchmarks : IDisposable
{
    /// <summary>Rents that count as so many operations.</summary>
    internal const int Rents = 1 << 14;

    private readonly object _gate = new();
    private readonly ObjectPool<PooledOwner> _pool = ObjectPool.Create<PooledOwner>();
    private readonly int _size = 48; // a field, so that each benchmark is of the instance, as they have to be
    private DefragHeap? _product;
    private NativeHeap? _heap;

    [GlobalSetup]
    public void Open()
    {
        _product = new DefragHeap(64 << 20);
        _ = NativeHeap.TryOpen(new HeapOptions(64 << 20, 1 << 20), out _heap);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _product?.Dispose();
        _heap?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(OperationsPerInvoke = Rents)]
    public void Product()
    {
        for (int i = 0; i < Rents; i++) _product!.Rent(_size).Dispose();
    }

    [Benchmark(OperationsPerInvoke = Rents)]
    public void NewOwner()
    {
        for (int i = 0; i < Rents; i++)
        {
            IMemoryOwner<byte> owner = new Owner { Bench = this, Offset = Take() };
            owner.Dispose();
        }
    }

    [Benchmark(OperationsPerInvoke = Rents)]
    public void OwnerFromPool()
    {
        for (int i = 0; i < Rents; i++)
        {
            PooledOwner owner = _pool.Get();
            (owner.Bench, owner.Offset) = (this, Take());
            ((IMemoryOwner<byte>)owner).Dispose();
        }
    }

    [Benchmark(OperationsPerInvoke = Rents)]
    public void OwnerWithFinalizer()
    {
        for (int i = 0; i < Rents; i++)
        {
            var owner = new FinalizableOwner { Bench = this, Offset = Take() };
            owner.Dispose();
        }
    }

    [Benchmark(OperationsPerInvoke = Rents)]
    public void SharedPool()
    {
        for (int i = 0; i < Rents; i++) MemoryPool<byte>.Shared.Rent(_size).Dispose();
    }

    [Benchmark(OperationsPerInvoke = Rents)]
    public unsafe void NativeMemoryAlloc()
    {
        for (int i = 0; i < Rents; i++) NativeMemory.Free(NativeMemory.Alloc((nuint)_size));
    }

    private long Take()
    {
        lock (_gate)
        {
            _ = _heap!.Allocate(_size, 16, out long offset);
            return offset;
        }
    }

    private void Give(long offset)
    {
        lock (_gate) _ = _heap!.Release(offset);
    }

    private class Owner : MemoryManager<byte>
    {
        internal OwnerBenchmarks? Bench { get; set; }

        internal long Offset { get; set; }

        public override Span<byte> GetSpan() => default;

        public override MemoryHandle Pin(int elementIndex = 0) => default;

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing) => Bench!.Give(Offset);
    }

    private sealed class PooledOwner : Owner
    {
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            Bench!._pool.Return(this);
        }
    }

    // Not a MemoryManager: the rule that forbids it a finalizer is the product's reason too.
    private sealed class FinalizableOwner : IDisposable
    {
        ~FinalizableOwner() => Bench!.Give(Offset);

        internal OwnerBenchmarks? Bench { get; init; }

        internal long Offset { get; init; }

        public void Dispose()
        {
            Bench!.Give(Offset);
            GC.SuppressFinalize(this);
        }
    }
}
