namespace Defragger.Bench.Malloc;

/// <summary>The workloads of each part.</summary>
internal static class Programs
{
    /// <summary>Of micro: the pattern that the C library serves by moving the end of its heap, and nothing else does. It is
    /// shown, and left out of the mean: the peers' thirty times of it would weigh more than all the rest.</summary>
    public const string Append = "append";

    public static List<Workload> Micro(string native, int percent)
    {
        return
        [
            Of("lifo", "4,096 blocks of 16 to 511 bytes, released in reverse order"),
            Of("fifo", "a queue of 8,192 such blocks: the oldest is released, a new one allocated"),
            Of("random", "100,000 blocks of 16 to 1,023 bytes: a random one is released, another allocated"),
            Of("calloc", "the same with 4,096 zeroed blocks of up to 16 KiB"),
            Of("larson", "four threads replace blocks of a table that all share; threads end and others go on"),
            Of("xmalloc", "two threads allocate, two release"),
            Of("realloc", "16 buffers take turns in growing by an eighth up to 4 MiB, and are filled"),
            Of(Append, "one such buffer, and nothing else is allocated: glibc only moves the end of its heap"),
            Of("large", "48 blocks of 4 KiB to 2 MiB: a random one is released, another allocated and filled"),
        ];

        Workload Of(string name, string note) => new(name, [Path.Combine(native, "bench-malloc-micro"), name, $"{percent}"], note);
    }
}
