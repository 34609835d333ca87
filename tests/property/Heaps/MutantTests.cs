using System.Diagnostics;
using Trace = Defragger.Traces.Trace;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Defragger.Tests.Heaps;

/// <summary>Tests of the tests: a fault that is put into the C heap on purpose must be found, and shrunk to a trace that a
/// person can follow. Each fault is one edit of a copy of the sources; its text must occur exactly once, so that a fault
/// which the code has outgrown is noticed.</summary>
public class MutantTests
{
    private const int MostOperations = 6;

    private static readonly string[] s_replaySources =
    [
        "test/replay.c", "test/player.c", "test/player.h", "test/player_merge.c", "test/script.c", "test/script.h",
        "test/arena.c", "test/arena.h", "replay/text.c", "replay/text.h", "include/defragger_heap.h",
    ];

    // The same traces in each run: this asks whether the tests can find a fault, not whether they are lucky today.
    private static readonly Trace[] s_traces = [.. TraceArbitrary.Traces().Generator.Sample(3000, new Rnd(20261124), 50)];

    // A replay takes some milliseconds. A broken heap may go round in circles, which is found by the shorter time; the sound
    // one ends, however busy the machine is.
    private static readonly TimeSpan s_brokenPatience = TimeSpan.FromSeconds(5), s_soundPatience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("coalescing misses the first granule", "granule_map.h", "return granule > 0 && is_free", "return granule > 1 && is_free")]
    [InlineData("coalescing misses the right side at a word's end", "placement.h", "bool joins_right = is_free(heap, span.end);", "bool joins_right = span.end % 64 != 0 && is_free(heap, span.end);")]
    [InlineData("the victim does not grow to the left", "placement.h", "if (joins_left && is_victim(heap, left)) {", "if (false) {")]
    [InlineData("wrong tie-break among exact runs", "placement.h", "lowest_bit(runs)", "highest_bit(runs)")]
    [InlineData("wrong tie-break in the next class", "free_index.h", "lowest_bit(exact_runs(heap, word, length))", "highest_bit(exact_runs(heap, word, length))")]
    [InlineData("the tail of a shrunk block is lost", "heap.c", "        span_free(heap, (struct span){kept.end, block.end});\n", "")]
    [InlineData("a class keeps a word that has no run of it", "placement.h", "if ((runs & (runs - 1)) == 0)", "if (runs == 0)")]
    [InlineData("a long request takes a run of its class that is too short", "placement.h", "class < CLASS_EXACT ? class : class + 1", "class")]
    [InlineData("a run's start is noted one granule off", "granule_map.h", ".entering = run.start;", ".entering = run.start + 1;")]
    [InlineData("an aligned run is cut one step too late", "heap.c", "(run.start + step - 1) & ~(step - 1)", "(run.start + step) & ~(step - 1)")]
    [InlineData("used pages stay clean", "page_state.h", "        *pages |= page_dirty(page);\n", "")]
    [InlineData("the most that was live is forgotten", "block.h", "        heap->live_most = heap->live;\n", "        heap->live_most = heap->live_most;\n")]
    [InlineData("a batch forgets the run between two blocks", "heap_batch.c", "if (joins_right)\n        merge_take(heap, merge, right);", "if (joins_right && is_first)\n        merge_take(heap, merge, right);")]
    [InlineData("a batch leaves the victim where it was", "heap_batch.c", "if (merge->is_victim)", "if (false)")]
    [InlineData("a batch keeps to the victim when there are holes", "heap_batch.c", "class_has_run(heap, class_of(length))", "span_length(heap->victim) < length && class_has_run(heap, class_of(length))")]
    [InlineData("a split forgets how far the second part reaches", "heap_batch.c", "    block_tag(heap, rest);\n", "")]
    [InlineData("the victim is cut behind its chunk's end", "heap_batch.c", "CHUNK_GRANULES - victim.start % CHUNK_GRANULES", "CHUNK_GRANULES")]
    [InlineData("what is left of a run beside a held page is lost", "heap_hold.c", "    if (rest.start != rest.end)\n        run_insert(heap, rest);\n", "")]
    [InlineData("the victim reaches into a held page", "heap_hold.c", "victim_set(heap, rest);", "victim_set(heap, run);")]
    [InlineData("what dies on a held page is free", "heap.c", "        if (held)\n", "        if (false)\n")]
    [InlineData("what dies on a held page in a batch is free", "heap_batch.c", "            if (held) {\n", "            if (false) {\n")]
    [InlineData("an empty held page is not purged", "hold.h", "    if (page_is_all_held(heap, page))\n        page_leave(heap, page);\n", "")]
    [InlineData("a purged page stays held", "heap_view.c", "        if (page_is_held(heap, page))\n            page_restore(heap, page);\n", "")]
    [InlineData("a restored page keeps its last held granule", "hold.h", "            span.end = held_end(heap, span.start);\n", "            span.end = span.start + 1;\n            heap->holds.granules[word] = 0;\n")]
    public void A_planted_fault_is_found_and_shrunk(string fault, string file, string original, string replacement)
    {
        using var directory = new TemporaryDirectory();
        string replay = Compile(directory, file, original, replacement);
        Trace? smallest = null;
        // Greedy shrinking may end in a corner; then another trace that fails is tried.
        foreach (Trace failing in s_traces.Where(trace => Differs(replay, directory, trace)).Take(12))
        {
            Trace shrunk = TraceShrinker.Minimize(failing, trace => Differs(replay, directory, trace));
            if (smallest == null || shrunk.Operations.Count < smallest.Operations.Count) smallest = shrunk;
            if (smallest.Operations.Count <= MostOperations) break;
        }
        Assert.True(smallest != null, $"No trace found the fault: {fault}.");
        Notes.Add($"planted fault, {fault}: {smallest.Operations.Count} operations: {string.Join("; ", smallest.Operations)}");
        Assert.InRange(smallest.Operations.Count, 0, MostOperations); // 0: an empty heap shows it
    }

    // These traces are short as they are.
    [Theory]
    [InlineData("a group takes one page too many", "if (group->members == max_members)", "if (group->members == max_members + 1)")]
    [InlineData("a group knows its last page only", "group->taken[word] |= live[word];", "group->taken[word] = live[word];")]
    [InlineData("a page that waits is forgotten", "        memcpy(queue + at - planner->waits, planner->waiting, planner->waits * sizeof *queue);\n", "        planner->waits = 0;\n")]
    [InlineData("a page is a group", "names[planner->first + at] = members > 1", "names[planner->first + at] = members > 0")]
    [InlineData("a held page is merged again", " || page_is_held(heap, page)", "")]
    [InlineData("the densest come first", "(count - 1) / (PAGE_GRANULES / DENSITIES)", "DENSITIES - 1 - (count - 1) / (PAGE_GRANULES / DENSITIES)")]
    [InlineData("a mapping goes on over a group", "group_of[i] == group_of[i - 1] + 1;", "group_of[i] > group_of[i - 1];")]
    [InlineData("the first group is always asked first", "    planner->next = at + 1 < planner->width ? at + 1 : 0;\n", "")]
    public void A_planted_fault_of_a_plan_is_found(string fault, string original, string replacement)
    {
        using var directory = new TemporaryDirectory();
        string replay = Compile(directory, "merge.c", original, replacement);
        var random = new Random(20261126);
        Trace? found = Enumerable.Range(0, 300).Select(_ => SparsePages.Of(random)).FirstOrDefault(trace => Differs(replay, directory, trace));
        Assert.True(found != null, $"No trace found the fault: {fault}.");
        Notes.Add($"planted fault, {fault}: {string.Join("; ", found.Operations)}");
    }

    [Fact]
    public void The_unchanged_heap_has_no_fault()
    {
        using var directory = new TemporaryDirectory();
        string replay = Compile(directory, "heap.c", "#include \"block.h\"", "#include \"block.h\"");
        var random = new Random(20261126);
        IEnumerable<Trace> traces = s_traces.Take(300).Concat(Enumerable.Range(0, 300).Select(_ => SparsePages.Of(random)));
        Trace? failing = traces.FirstOrDefault(trace => Differs(replay, directory, trace, s_soundPatience));
        Assert.True(failing == null, $"{failing}");
    }

    private static bool Differs(string replay, TemporaryDirectory directory, Trace trace, TimeSpan? patience = null)
    {
        if (ReplayText.Of(trace) is not string expected) return false;
        string path = directory.Write("t.trace", trace.ToString());
        (int code, string output) = Run(replay, ["--print", "--check", "every", path], patience ?? s_brokenPatience);
        return code != 0 || output != expected;
    }

    private static string Compile(TemporaryDirectory directory, string file, string original, string replacement)
    {
        string native = Path.Combine(Repository(), "lib", "Defragger.Native");
        IEnumerable<string> sources = Directory.GetFiles(Path.Combine(native, "src", "core"))
            .Concat(s_replaySources.Select(name => Path.Combine(native, name)));
        foreach (string source in sources) File.Copy(source, directory[Path.GetFileName(source)]);
        string text = File.ReadAllText(directory[file]);
        Assert.Equal(2, text.Split(original).Length); // once
        File.WriteAllText(directory[file], text.Replace(original, replacement, StringComparison.Ordinal));
        string program = directory["replay"];
        (int code, string output) = Run("cc", ["-std=c11", "-D_GNU_SOURCE", "-O1", "-w", "-I", directory.Path, "-o", program,
            .. Directory.GetFiles(directory.Path, "*.c")], TimeSpan.FromMinutes(2));
        Assert.True(code == 0, output);
        return program;
    }

    private static (int Code, string Output) Run(string program, IEnumerable<string> words, TimeSpan patience)
    {
        using var process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(patience)) process.Kill(); // a broken heap may also go round in circles
        process.WaitForExit();
        return (process.ExitCode, output.Result + (process.ExitCode == 0 ? "" : error.Result));
    }

    private static string Repository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "Defragger.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
