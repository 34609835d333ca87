using System.Text;

namespace Defragger.Bench.Malloc;

/// <summary>The results in Markdown, each table with its plot.</summary>
internal static class Document
{
    /// <param name="results">What was measured.</param>
    /// <param name="preamble">Machine and versions.</param>
    /// <param name="plots">The plots that lie beside the document, by name.</param>
    public static string Of(Results results, string preamble, IReadOnlyList<string> plots)
    {
        var text = new StringBuilder();
        text.Append("# malloc: ours and its peers\n\nWritten by `./defrag bench malloc`; do not edit.\n\n").Append(preamble);

        string demands = results.Has(Allocator.Ours) ? Demands.Of(results) : "";
        if (demands.Length > 0) Section("What ours has to reach", null, demands);
        if (results.Micro is { } micro)
        {
            Section("Processor time: C", Plots.Micro, SpeedTable.Of(micro, Results.Counts));
            text.Append("""
                Processor time (user and system, all threads) as a ratio to glibc's, the median of the ratios round by round.


                """);
            Notes(micro.Workloads);
        }
        if (results.Python is { } python)
        {
            Section("Processor time: Python", Plots.Python, SpeedTable.Of(python, Results.Counts));
            text.Append("""
                `stock` is Python as it is: its own allocator for small objects, glibc below. All others run under
                `PYTHONMALLOC=malloc`, so that every object is the allocator's.


                """);
            Notes(python.Workloads);
        }
        if (results.Memory is { } memory)
        {
            Section("Memory", Plots.Memory, "");
            text.Append("""
                Held is Pss without LazyFree: a page shared with other processes counts by its share, one mapped twice counts once,
                and one that the kernel may take at any time (`MADV_FREE`) does not count. It is the whole process without the
                program's own tables. Peak is the largest reading at the moments when most is allocated; VmHWM is the kernel's.
                In the two seconds nothing is called. Trim is each allocator's own call: `malloc_trim(0)` (glibc, ours),
                `thread.tcache.flush` and `arena.<all>.purge` (jemalloc), `mi_collect(true)` (mimalloc),
                `MallocExtension_ReleaseFreeMemory` (tcmalloc). CPU s is the whole run's.

                """);
            foreach (Workload workload in memory.Workloads)
            {
                double live = memory.Value(workload, memory.Base, "live");
                Heading(workload, $"{MemoryTable.Size(live)} MiB live at the end: bytes asked for");
                text.Append(MemoryTable.Of(memory, workload, live));
            }
        }
        if (results.Worker is { } worker)
        {
            Heading(worker.Workloads[0],
                $"{MemoryTable.Size(results.WorkerLive)} MiB live at the end: a fresh process, stock, that has built nothing but "
                + "the survivors, interpreter included");
            text.Append(MemoryTable.Of(worker, worker.Workloads[0], results.WorkerLive));
        }
        return text.Replace("\n\n\n", "\n\n").ToString();

        void Section(string title, string? plot, string table)
        {
            text.Append($"\n## {title}\n\n");
            if (plot != null && plots.Contains(plot)) text.Append($"![{title}]({plot})\n\n");
            if (table.Length > 0) text.Append(table).Append('\n');
        }

        void Heading(Workload workload, string live)
        {
            string note = char.ToUpperInvariant(workload.Note[0]) + workload.Note[1..];
            text.Append($"\n### {workload.Name}\n\n{note}. {live}.\n\n");
        }

        void Notes(IReadOnlyList<Workload> workloads)
        {
            foreach (Workload workload in workloads) text.Append($"* {workload.Name}: {workload.Note}\n");
        }
    }
}
