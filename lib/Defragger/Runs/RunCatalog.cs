using Defragger.Compare;

namespace Defragger.Runs;

/// <summary>Finds earlier runs by the journals that they left, and says what each of them came to.</summary>
internal static class RunCatalog
{
    /// <summary>The output directories at a path: itself, or those directly below it. In no order.</summary>
    /// <param name="path">Full path of a directory.</param>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory cannot be read.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        if (File.Exists(OutputFolder.JournalOf(path))) return [path];
        return Directory.Exists(path) ? [.. Directory.GetDirectories(path).Where(one => File.Exists(OutputFolder.JournalOf(one)))] : [];
    }

    /// <summary>The run at a path that was started last; null when there is none whose journal can be read.</summary>
    /// <param name="path">Full path of an output directory, or of one that holds several.</param>
    public static string? Newest(string path)
    {
        IReadOnlyList<string> found = Find(path);
        return found.Count == 1 ? found[0]
            : found.Select(one => (one, Started: StartOf(one))).Where(run => run.Started != null).OrderByDescending(run => run.Started)
                .Select(run => run.one).FirstOrDefault();
    }

    /// <summary>What a run came to. Reads the whole journal only when no end is told of it.</summary>
    /// <param name="path">Full path of its output directory.</param>
    /// <exception cref="IOException">The journal cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The journal cannot be read.</exception>
    /// <exception cref="FormatException">The journal is damaged.</exception>
    public static EarlierRun Open(string path)
    {
        string journal = OutputFolder.JournalOf(path);
        // Before the journal is looked at: a run that ends meanwhile is told as one that goes on, not as one without an end.
        bool running = OutputFolder.IsInUse(path);
        JournalHeader header;
        using (var reader = new JournalReader(journal)) header = reader.Header;
        var run = new EarlierRun
        {
            Path = path,
            Baseline = header.Baseline,
            Candidate = header.Candidate,
            Started = header.Started,
            State = running ? RunState.Running : RunState.Interrupted,
            Cases = new Dictionary<CaseStatus, long>(),
        };
        return !running && RunEnd.Read(OutputFolder.EndOf(path), journal, header) is RunEnd end
            ? run with
            {
                State = end.Stopped ? RunState.Stopped : RunState.Complete,
                Ended = end.Ended,
                Duration = end.Elapsed,
                ExitCode = end.ExitCode,
                Cases = end.Cases,
            }
            : Counted(run, journal);
    }

    private static EarlierRun Counted(EarlierRun run, string journal)
    {
        var cases = new Dictionary<CaseStatus, long>();
        DateTimeOffset? last = null;
        using var index = new JournalIndex(journal);
        foreach (JournalLine line in index.LastLines())
        {
            cases[line.Result.Status] = cases.GetValueOrDefault(line.Result.Status) + 1;
            if (last == null || line.Result.Ended > last) last = line.Result.Ended;
        }
        return run with { Cases = cases, Ended = last, Duration = last - run.Started ?? TimeSpan.Zero };
    }

    private static DateTimeOffset? StartOf(string path)
    {
        try
        {
            using var reader = new JournalReader(OutputFolder.JournalOf(path));
            return reader.Header.Started;
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            return null; // listing tells what is wrong with it
        }
    }
}
