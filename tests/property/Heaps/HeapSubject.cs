using Defragger.Heaps;
using Defragger.Interop;
using Defragger.Traces;

namespace Defragger.Tests.Heaps;

/// <summary>A heap under test with the memory behind it.</summary>
internal sealed record HeapSubject(string Name, HeapStatus Opened, IHeap? Heap, ArenaOutside Outside) : IDisposable
{
    private static HeapOptions Options(Trace trace, ArenaOutside outside) => new(trace.Capacity, trace.Growth, outside);

    public static HeapSubject Model(Trace trace)
    {
        var outside = new ArenaOutside(trace.Capacity);
        HeapStatus status = ModelHeap.TryOpen(Options(trace, outside), out ModelHeap? heap);
        return new HeapSubject("model", status, heap, outside);
    }

    public static HeapSubject Managed(Trace trace)
    {
        var outside = new ArenaOutside(trace.Capacity);
        HeapStatus status = CoalescingHeap.TryOpen(Options(trace, outside), out CoalescingHeap? heap);
        return new HeapSubject("C#", status, heap, outside);
    }

    public static HeapSubject Native(Trace trace)
    {
        var outside = new ArenaOutside(trace.Capacity);
        HeapStatus status = NativeHeap.TryOpen(Options(trace, outside), out NativeHeap? heap);
        return new HeapSubject("C", status, heap, outside);
    }

    public void Dispose() => (Heap as IDisposable)?.Dispose();
}
