using BenchmarkDotNet.Attributes;
using Defragger.Heaps;
using Defragger.Interop;

namespace Defragger.Bench.Core;

/// <summary>What core.c measures, from C#: the same draws, the same heap, the same pairs, on the heap in C# and on the heap in
/// C behind its import.</summary>
public class CoreBenchmarks : IDisposable
{
    /// <summary>Pairs of a release and an allocation that count as so many operations.</summary>
    internal const int Pairs = 1 << 17;

    private const int Draws = 1 << 20, Sizes = 16, Granule = 16, WarmPairs = 500_000;

    private readonly uint[] _draws = new uint[Draws];
    private readonly byte[] _sizeDraws = new byte[Draws];
    private long[] _blocks = [];
    private byte[] _sizes = [];
    private IHeap? _heap;
    private uint _next;

    /// <summary>Blocks that are live all the time.</summary>
    [Params(1_000, 100_000, 1_000_000)]
    public int Live { get; set; }

    /// <summary>Allocate 48 bytes and release them; release a random block and allocate its size; or another size.</summary>
    [Params("last", "same", "mixed")]
    public string Pattern { get; set; } = "";

    [GlobalSetup(Target = nameof(Managed))]
    public void OpenManaged()
    {
        _ = CoalescingHeap.TryOpen(Options, out CoalescingHeap? heap);
        BuildUp(heap!);
    }

    [GlobalSetup(Target = nameof(Native))]
    public void OpenNative()
    {
        _ = NativeHeap.TryOpen(Options, out NativeHeap? heap);
        BuildUp(heap!);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        (_heap as IDisposable)?.Dispose();
        _heap = null;
        GC.SuppressFinalize(this);
    }

    [Benchmark(OperationsPerInvoke = Pairs)]
    public void Managed() => Run();

    [Benchmark(OperationsPerInvoke = Pairs)]
    public void Native() => Run();

    private HeapOptions Options => new((Live * (long)Sizes * Granule * 2 + (1 << 20)) & ~4095L, 1 << 20);

    /// <summary>xorshift64*: Vigna, 2016.</summary>
    private static uint Draw(ref ulong state)
    {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return (uint)((state * 0x2545F4914F6CDD1D) >> 32);
    }

    private void BuildUp(IHeap heap)
    {
        _heap = heap;
        _blocks = new long[Live];
        _sizes = new byte[Live];
        ulong state = 88172645463325252;
        for (int i = 0; i < Draws; i++)
        {
            _draws[i] = Draw(ref state) % (uint)Live;
            _sizeDraws[i] = (byte)(Draw(ref state) % Sizes + 1);
        }
        for (int i = 0; i < Live; i++)
        {
            _sizes[i] = _sizeDraws[i % Draws];
            _blocks[i] = Take(_sizes[i] * Granule);
        }
        Replace(WarmPairs, isMixed: true); // until the heap is as it stays
    }

    private long Take(int size)
    {
        HeapStatus status = _heap!.Allocate(size, Granule, out long offset);
        return status == HeapStatus.Ok ? offset : throw new InvalidOperationException($"allocate {size}: {status}");
    }

    private void Give(long offset)
    {
        HeapStatus status = _heap!.Release(offset);
        if (status != HeapStatus.Ok) throw new InvalidOperationException($"release {offset}: {status}");
    }

    private void Run()
    {
        if (Pattern == "last") AllocateAndRelease();
        else Replace(Pairs, Pattern == "mixed");
    }

    private void AllocateAndRelease()
    {
        for (int i = 0; i < Pairs; i++) Give(Take(48));
    }

    private void Replace(int pairs, bool isMixed)
    {
        for (int i = 0; i < pairs; i++)
        {
            uint draw = _next++ % Draws, at = _draws[draw];
            Give(_blocks[at]);
            if (isMixed) _sizes[at] = _sizeDraws[draw];
            _blocks[at] = Take(_sizes[at] * Granule);
        }
    }
}
