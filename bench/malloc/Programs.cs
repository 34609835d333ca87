namespace Defragger.Bench.Malloc;

/// <summary>The workloads of each part.</summary>
/// <param name="root">The repository.</param>
/// <param name="options">Which Python, and how much of the work.</param>
internal sealed class Programs(string root, Options options)
{
    /// <summary>The pattern that the C library serves by moving the end of its heap, and nothing else does. It is shown, and
    /// left out of the mean: the peers' hundred times of it would weigh more than all the rest.</summary>
    public const string Append = "append";

    public const string Free99 = "free99", Worker = "worker";

    private const string Percent = "20", AllOfIt = "100";

    public List<Workload> Micro =>
    [
        Pattern("lifo", "4,096 blocks of 16 to 511 bytes, released in reverse order"),
        Pattern("fifo", "a queue of 8,192 such blocks: the oldest is released, a new one allocated"),
        Pattern("random", "100,000 blocks of 16 to 1,023 bytes: a random one is released, another allocated"),
        Pattern("calloc", "the same with 4,096 zeroed blocks of up to 16 KiB"),
        Pattern("larson", "four threads replace blocks of a table that all share; threads end and others go on"),
        Pattern("xmalloc", "two threads allocate, two release"),
        Pattern("realloc", "16 buffers take turns in growing by an eighth up to 4 MiB, and are filled"),
        Pattern(Append, "one such buffer and nothing else is allocated, so that glibc only moves the end of its heap"),
        Pattern("large", "48 blocks of 4 KiB to 2 MiB: a random one is released, another allocated and filled"),
    ];

    public List<Workload> Python =>
    [
        Script("churn", "instances, tuples and numbers that come and go"),
        Script("dictstr", "dictionaries and strings: lines split, counted, changed, joined"),
        Script("jsonio", "JSON written and read"),
        Script("deep", "trees, lists in lists and chains, built, walked and dropped"),
    ];

    public List<Workload> Memory =>
    [
        Heap("freeall", "256 MiB of blocks of 16 to 2,047 bytes, mostly small; all are released"),
        Heap("free90", "of 256 MiB, 90 % are released at random; filled up with another mix of sizes, 90 % of all that lives "
            + "released, and so once more"),
        Heap(Free99, "as free90, with 99 %"),
        Heap("phases", "eight times 80 MiB, of another mix each time; 1 % of each stays for good"),
    ];

    /// <summary>The cases of the worker lie here while it is measured.</summary>
    public string Cases => Path.Combine(root, "artifacts/bench-malloc");

    public Workload WorkerRun => Compare(Worker, options.Quick
        ? "two cases of 6,000 + 6,000 records (--quick), of which 1 % stay"
        : "six cases of 60,000 + 60,000 records compared one after another in Python; 1 % of the records stay", "run", Cases);

    public Workload WorkerWrite => Compare("write", "", "write", Cases, options.Quick ? "2" : "6", options.Quick ? "6000" : "60000");

    public Workload WorkerLive => Compare("live", "", "live", Cases);

    private string Native(string name) => Path.Combine(root, "artifacts/native", name);

    private string[] Python3(string script) => [options.Python, Path.Combine(root, "bench/malloc", script)];

    private Workload Pattern(string name, string note) =>
        new(name, [Native("bench-malloc-micro"), name, options.Quick ? Percent : AllOfIt], note);

    private Workload Heap(string name, string note) => new(name, [Native("bench-malloc-memory"), name], note);

    private Workload Script(string name, string note) =>
        new(name, [.. Python3(name + ".py"), options.Quick ? Percent : AllOfIt], note);

    private Workload Compare(string name, string note, params string[] words) =>
        new(name, [.. Python3("compare_worker.py"), .. words], note);
}
