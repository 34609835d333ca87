using System.Numerics;

namespace Defragger.Traces;

/// <summary>Makes a trace of what libdefragger recorded of a program (DEFRAGGER_RECORD, df_malloc_record_start): addresses
/// become slots, and the events of all threads one sequence.</summary>
/// <remarks>
/// <list type="number">
/// <item>A slot is the lowest number that no live block has. A resized block keeps its slot.</item>
/// <item>Blocks from before the recording are unknown: their release is left out, and their resize is a new block's.</item>
/// <item>A block at an address that a live one has ends that one first: the release was not recorded, by a thread whose last
/// events a killed process did not write.</item>
/// <item>The capacity is the power of two from four times the most bytes that were live at once, so that any heap has room.</item>
/// </list>
/// </remarks>
public static class RecordingReader
{
    /// <summary>Reads a recording.</summary>
    /// <param name="path">The file that was recorded to.</param>
    /// <param name="story">What the trace is; null: process, threads and how many.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no recording, or damaged.</exception>
    public static Trace Read(string path, string? story = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = new RecordingFile(path);
        var slots = new RecordedSlots();
        foreach ((RecordedThread thread, RecordedEvent next) in InOrder(file.Threads)) slots.Add(thread, next);
        return new Trace(CapacityFor(slots.MostLive), slots.Operations,
            story ?? $"Recorded from process {file.Process} with {file.Threads.Count} threads that allocated.");
    }

    // Threads wait in a queue by their next event; equal ones by number, so that a recording is always the same trace.
    private static IEnumerable<(RecordedThread Thread, RecordedEvent Next)> InOrder(IEnumerable<RecordedThread> threads)
    {
        var queue = new PriorityQueue<(RecordedThread Thread, RecordedEvent Next), (ulong Order, uint Number)>();
        foreach (RecordedThread thread in threads)
        {
            if (thread.TryRead(out RecordedEvent first)) queue.Enqueue((thread, first), (first.Order, thread.Number));
        }
        while (queue.TryPeek(out (RecordedThread Thread, RecordedEvent Next) one, out _))
        {
            yield return one;
            if (one.Thread.TryRead(out RecordedEvent next)) queue.DequeueEnqueue((one.Thread, next), (next.Order, one.Thread.Number));
            else queue.Dequeue();
        }
    }

    private static long CapacityFor(long live)
    {
        const long Least = 4096;
        return (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(Least, 4 * live));
    }
}
