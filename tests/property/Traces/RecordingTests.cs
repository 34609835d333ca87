using System.Diagnostics;
using Defragger.Heaps;
using Defragger.Traces;
using Defragger.WhatIf;
using Xunit;
using Trace = Defragger.Traces.Trace;

namespace Defragger.Tests.Traces;

/// <summary>Real programs, recorded by the preloaded libdefragger, read back and replayed.</summary>
public class RecordingTests
{
    private const int Threads = 4, Rounds = 3000;

    // Threads that hand blocks to each other: what one allocates another frees, and addresses go round.
    private const string Python = """
        import queue, threading
        hand = queue.SimpleQueue()
        def give():
            for i in range(3000):
                hand.put(bytearray(600 + i % 700))
            hand.put(None)
        def take():
            while (one := hand.get()) is not None:
                one += b"x" * 800
        all = [threading.Thread(target=f) for f in (give, take) * 2]
        [t.start() for t in all]
        [t.join() for t in all]
        """;

    [Fact]
    public void A_small_program_becomes_a_trace_that_replays()
    {
        Trace trace = Record("/bin/ls", ["-l", "/usr/bin"]);
        AssertIsPlausible(trace, least: 100);
        Replay(trace);
    }

    [Fact]
    public void A_program_whose_threads_free_what_others_allocated_becomes_a_trace_that_replays()
    {
        // Its own name for itself: python3 on the PATH may be a script that becomes it, with the same process id.
        string python = Output("python3", "-c", "import sys; print(sys.executable)");
        Trace trace = Record(python, ["-S", "-c", Python]);
        AssertIsPlausible(trace, least: Threads * Rounds);
        Assert.Contains(trace.Operations, operation => operation.Kind == OperationKind.Resize);
        Assert.Contains(trace.Operations, operation => operation.Kind == OperationKind.AllocateZeroed);
        // Of 600 bytes and more, so that no arena of Python's own has them: all of them are there, and their growth.
        Assert.True(trace.Operations.Count(operation => operation is { Kind: OperationKind.Allocate or OperationKind.AllocateZeroed, Size: >= 600 and < 1400 }) >= 2 * Rounds);
        Assert.True(trace.Operations.Count(operation => operation is { Kind: OperationKind.Resize, Size: >= 1400 }) >= 2 * Rounds);
        Replay(trace);
    }

    [Fact]
    public void Events_of_threads_are_ordered_by_the_counter_and_pieces_by_their_thread()
    {
        using var directory = new TemporaryDirectory();
        // Thread 2 was written first: it frees at 7 what thread 1 allocated at 7, and gets the address again at 8.
        byte[] other = Piece(2, 7, [3, 0x80, 0x02, /* release granule 128 */ 0, 0, 20 /* allocate there, 20 bytes */]);
        byte[] first = Piece(1, 7, [1, 0x80, 0x02, 100 /* allocate zeroed, 100 bytes */]);
        byte[] second = Piece(1, 9, [4, 0x80, 0x02, 4, 1, 33 /* resize, to granule 130, 33 bytes */]);
        byte[] whole = [.. s_head, .. Region(other, first), .. Region(second)];
        File.WriteAllBytes(directory["r"], whole);
        Assert.Equal("# story\nh 4096\nz 0 100\nf 0\na 0 20\nr 0 33\n", RecordingReader.Read(directory["r"], "story").ToString());

        // Cut within its last region, it ends with the one before.
        File.WriteAllBytes(directory["r"], whole[..^1]);
        Assert.Equal("h 4096\nz 0 100\nf 0\na 0 20\n", RecordingReader.Read(directory["r"], "").ToString());

        File.WriteAllBytes(directory["r"], [.. s_head, .. Region(Piece(3, 1, [3, 0x80]))]);
        Assert.Contains("thread 3", Assert.Throws<InvalidDataException>(() => RecordingReader.Read(directory["r"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_and_an_address_that_were_there_before_are_places_of_tables_and_an_unexpected_counter_is_told()
    {
        using var directory = new TemporaryDirectory();
        byte size = Place(100), address = Place(128);
        byte[] piece = Piece(1, 7, [
            0, 0x80, 0x02, 100, // allocate granule 128, 100 bytes
            (byte)(3 | address << 3), // release it
            5 | 9 << 3, // nine of other threads gave addresses up
            (byte)(1 | size << 3), 0, // allocate there, zeroed, as many bytes
            5, 0x80, 0x02, 3, 0, // 256 of them; release by difference
        ]);
        File.WriteAllBytes(directory["r"], [.. s_head, .. Region(piece)]);
        Assert.Equal("h 4096\na 0 100\nf 0\nz 0 100\nf 0\n", RecordingReader.Read(directory["r"], "").ToString());

        static byte Place(ulong value) => (byte)(value * 0x9E3779B97F4A7C15 >> 59);
    }

    [Fact]
    public void Blocks_from_before_the_recording_are_unknown()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory["r"], [.. s_head, .. Region(Piece(1, 1, [
            3, 2, // release granule 1
            4, 2, 2, 1, 40, // resize granule 2 to 3
            0, 0, 50, // allocate there: its release is missing
        ]))]);
        Trace trace = RecordingReader.Read(directory["r"], "");
        Assert.Equal("h 4096\na 0 40\nf 0\na 0 50\n", trace.ToString());
        ReplayReport report = TraceReplay.Run(Native("defrag-trace"), directory["r"], CancellationToken.None);
        Assert.Null(ReplayTwin.Compare(trace, report, CancellationToken.None));
    }

    [Theory]
    [InlineData("")]
    [InlineData("dfrecor")]
    [InlineData("h 4096\na 0 16\nf 0\na 0 30\n")]
    [InlineData("dfrecordAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_recording_is_refused(string text)
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Write("r", text);
        Assert.Contains("is no sound recording", Assert.Throws<InvalidDataException>(() => RecordingReader.Read(path)).Message, StringComparison.Ordinal);
    }

    // Padded to a page, before the first region.
    private static readonly byte[] s_head = [.. "dfrecord"u8, 4, 3, 2, 1, 2, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0, .. new byte[4096 - 24]];

    private static byte[] Region(params byte[][] pieces)
    {
        byte[] region = new byte[64 * 1024];
        int at = 0;
        foreach (byte[] piece in pieces)
        {
            piece.CopyTo(region, at);
            at += (piece.Length + 7) / 8 * 8;
        }
        return region;
    }

    private static byte[] Piece(byte thread, byte stamp, byte[] records) =>
        [thread, 0, 0, 0, (byte)records.Length, 0, 0, 0, stamp, 0, 0, 0, 0, 0, 0, 0, .. records];

    private static string Output(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
            return process.StandardOutput.ReadToEnd().Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is not installed");
            return "";
        }
    }

    private static Trace Record(string program, string[] arguments)
    {
        using var directory = new TemporaryDirectory();
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LD_PRELOAD"] = Native("libdefragger.so");
        start.Environment["DEFRAGGER_RECORD"] = directory["%p"];
        start.Environment["PYTHONMALLOC"] = "malloc";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.Result);
        return RecordingReader.Read(directory[$"{process.Id}"]);
    }

    private static string Native(string name)
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "Defragger.slnx"))) continue;
            string path = Path.Combine(at.FullName, "artifacts", "native", name);
            Assert.True(File.Exists(path), $"{path} is not built.");
            return path;
        }
        throw new DirectoryNotFoundException($"No Defragger.slnx above {AppContext.BaseDirectory}.");
    }

    // Every operation fits what its slot holds, and slots are the lowest: nothing was lost, doubled or swapped.
    private static void AssertIsPlausible(Trace trace, int least)
    {
        Assert.True(trace.Operations.Count >= least, $"{trace.Operations.Count} operations");
        var live = new HashSet<int>();
        int most = 0;
        foreach (Operation operation in trace.Operations)
        {
            bool fits = operation.Kind switch
            {
                OperationKind.Allocate or OperationKind.AllocateZeroed => live.Add(operation.Slot),
                OperationKind.Release => live.Remove(operation.Slot),
                OperationKind.Resize => live.Contains(operation.Slot),
                _ => false,
            };
            Assert.True(fits, operation.ToString());
            most = Math.Max(most, live.Count);
        }
        Assert.True(trace.Operations.Max(operation => operation.Slot) == most - 1);
        // A program frees much of what it takes, and all of it was recorded.
        int taken = trace.Operations.Count(operation => operation.Kind is OperationKind.Allocate or OperationKind.AllocateZeroed);
        Assert.True(taken - live.Count > taken / 4, $"{live.Count} of {taken} blocks were never freed");
    }

    private static void Replay(Trace trace)
    {
        const int ChecksAt = 997;
        Assert.Equal(HeapStatus.Ok, CoalescingHeap.TryOpen(new HeapOptions(trace.Capacity, 65536), out CoalescingHeap? heap));
        var offsets = new Dictionary<int, long>();
        int step = 0;
        foreach (Operation operation in trace.Operations)
        {
            Assert.Equal(HeapStatus.Ok, Carry(heap!, operation, offsets));
            if (++step % ChecksAt == 0) Assert.Equal(0, heap!.Check());
        }
        Assert.Equal(0, heap!.Check());
        Assert.Equal(offsets.Count, heap.Statistics.LiveBlocks);
    }

    private static HeapStatus Carry(CoalescingHeap heap, Operation operation, Dictionary<int, long> offsets)
    {
        HeapStatus status;
        long offset;
        switch (operation.Kind)
        {
            case OperationKind.Release:
                offsets.Remove(operation.Slot, out offset);
                return heap.Release(offset);
            case OperationKind.Resize when (status = heap.Resize(offsets[operation.Slot], operation.Size)) != HeapStatus.NoRoom:
                return status;
            case OperationKind.Resize:
                status = heap.Release(offsets[operation.Slot]);
                if (status != HeapStatus.Ok) return status;
                status = heap.Allocate(operation.Size, Operation.DefaultAlignment, out offset);
                break;
            case OperationKind.AllocateZeroed:
                status = heap.AllocateZeroed(operation.Size, out offset);
                break;
            default:
                status = heap.Allocate(operation.Size, operation.Alignment, out offset);
                break;
        }
        offsets[operation.Slot] = offset;
        return status;
    }
}
