using Defragger.Traces;

namespace Defragger.Tests.Heaps;

/// <summary>Makes a failing trace smaller. Every subsequence of a trace is a trace, so this is leaving operations out,
/// in ever smaller pieces (delta debugging: Zeller and Hildebrandt, 2002), and then making what is left plainer.</summary>
internal static class TraceShrinker
{
    /// <summary>The next smaller traces, the boldest first.</summary>
    public static IEnumerable<Trace> Candidates(Trace trace)
    {
        int count = trace.Operations.Count;
        for (int piece = count; piece > 0; piece /= 2)
        {
            for (int at = 0; at < count; at += piece)
                yield return With(trace, trace.Operations.Where((_, i) => i < at || i >= at + piece));
        }
        if (trace.Growth > 0) yield return new Trace(trace.Capacity, trace.Operations, trace.Story);
        foreach (long capacity in Smaller(trace.Capacity).Where(bytes => bytes % Trace.GranuleSize == 0))
            yield return new Trace(capacity, trace.Operations, trace.Story, trace.Growth);
        for (int i = 0; i < count; i++)
        {
            foreach (Operation plainer in Plainer(trace.Operations[i]))
                yield return With(trace, trace.Operations.Select((operation, at) => at == i ? plainer : operation));
        }
        for (int i = 0; i < count; i++)
        {
            foreach (Trace smaller in WithLessRoom(trace, i)) yield return smaller;
        }
    }

    /// <summary>A fault may need an arena that is just full: a block goes or shrinks, and the arena with it.</summary>
    private static IEnumerable<Trace> WithLessRoom(Trace trace, int at)
    {
        Operation operation = trace.Operations[at];
        if (operation.Kind is OperationKind.Release or OperationKind.ReleaseMany or OperationKind.Split or OperationKind.Purge
            or OperationKind.Refuse or OperationKind.Hold or OperationKind.Restore or OperationKind.Merge || operation.Size >= trace.Capacity) yield break;
        int blocks = Math.Max(1, operation.Count);
        long room = Granules(operation.Size);
        foreach (int count in FewerThan(operation.Count))
        {
            long less = (blocks - count) * room;
            if (less < trace.Capacity) yield return WithRoom(trace, less, at, operation with { Count = count });
        }
        room *= blocks;
        if (room < trace.Capacity)
            yield return new Trace(trace.Capacity - room, trace.Operations.Where((_, i) => i != at), trace.Story, trace.Growth);
        foreach (long size in Smaller(operation.Size).Where(size => Granules(size) * blocks < room))
        {
            long less = room - Granules(size) * blocks;
            if (less < trace.Capacity) yield return WithRoom(trace, less, at, operation with { Size = size });
        }
    }

    private static Trace WithRoom(Trace trace, long less, int at, Operation smaller) => new(
        trace.Capacity - less, trace.Operations.Select((other, i) => i == at ? smaller : other), trace.Story, trace.Growth);

    private static long Granules(long size) => Math.Max(1, (size + Trace.GranuleSize - 1) / Trace.GranuleSize) * Trace.GranuleSize;

    /// <summary>The smallest trace that still fails, by always taking the first smaller one that does.</summary>
    public static Trace Minimize(Trace trace, Func<Trace, bool> fails)
    {
        for (Trace? smaller = trace; smaller != null; smaller = Candidates(trace).FirstOrDefault(fails)) trace = smaller;
        return trace;
    }

    private static IEnumerable<Operation> Plainer(Operation operation)
    {
        if (operation.Kind == OperationKind.AllocateZeroed) yield return Operation.Allocate(operation.Slot, operation.Size);
        if (operation.Kind == OperationKind.Allocate && operation.Alignment != Operation.DefaultAlignment)
            yield return operation with { Alignment = Operation.DefaultAlignment };
        if (operation.Kind == OperationKind.AllocateMany) yield return Operation.Allocate(operation.Slot, operation.Size);
        if (operation.Kind == OperationKind.AllocateVictim) yield return Operation.Allocate(operation.Slot, operation.Size);
        if (operation.Kind == OperationKind.ReleaseMany) yield return Operation.Release(operation.Slot);
        foreach (int count in FewerThan(operation.Count))
        {
            yield return operation with { Count = count };
            yield return operation with { Slot = operation.Slot + operation.Count - count, Count = count };
        }
        if (operation.Kind is OperationKind.Release or OperationKind.ReleaseMany) yield break;
        if (operation.Kind == OperationKind.Merge)
            for (int page = 0; page < 4; page++) yield return Operation.Hold(page);
        if (operation is { Kind: OperationKind.Hold or OperationKind.Restore, Size: > 0 }) yield return operation with { Size = operation.Size - 1 };
        foreach (long size in Smaller(operation.Size)) yield return operation with { Size = size };
    }

    /// <summary>Smaller amounts, so that this ends; round ones, which read better.</summary>
    private static IEnumerable<long> Smaller(long bytes) =>
        new[] { 1, bytes / 2 / 16 * 16, bytes / 16 * 16, bytes - 16 }.Where(less => less > 0 && less < bytes).Distinct();

    private static IEnumerable<int> FewerThan(int count) =>
        new[] { 1, count / 2, count - 1 }.Where(fewer => fewer > 0 && fewer < count).Distinct();

    private static Trace With(Trace trace, IEnumerable<Operation> operations) =>
        new(trace.Capacity, operations, trace.Story, trace.Growth);
}
