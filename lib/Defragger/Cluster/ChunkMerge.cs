using Defragger.Admission;
using Defragger.Compare;
using Defragger.History;

namespace Defragger.Cluster;

/// <summary>Takes over what a task came to: each of its cases has its result now, or waits again.</summary>
/// <remarks>
/// 1. A case out of memory is tried again one class up, and the last time with the most that a task can have.
/// 2. A case whose task was lost is tried again as it was; after the second loss alone, after <see cref="MostLosses"/> no more.
/// 3. A case that its task did not come to is tried again, as often as it takes.
/// </remarks>
internal sealed class ChunkMerge(
    RunOptions options, CaseLedger ledger, ClusterPlan plan, MemoryClasses classes, Predictor predictor, PeakHistory? history,
    TimeProvider time, IRunListener listener)
{
    /// <summary>How often the task of a case may be lost before the case is given up.</summary>
    public const int MostLosses = 3;

    // So many tasks without a result, while none had one: nothing here works, and it would go on for as long as there are cases.
    private const int MostInVain = 8;

    // A case's own limit counts its page cache too, so the last bytes before it may be that.
    private const double NearLimit = 0.9;

    private int _inVain;
    private bool _anyResult;

    /// <summary>The run is being stopped: nothing is tried again.</summary>
    public bool Stopping { get; set; }

    /// <summary>Takes a task over, and removes what it left.</summary>
    /// <exception cref="IOException">The journal cannot be written, or the task's files cannot be read.</exception>
    /// <exception cref="ClusterException">Task after task ends without any result.</exception>
    public void Take(EndedTask ended)
    {
        IReadOnlyList<ChunkCase> cases = ChunkFile.Read(ended.Folder.Chunk(ended.Task)).Cases;
        Dictionary<string, JournalLine> results =
            ChunkFile.ReadResults(ended.Whole ? ended.Folder.Result(ended.Task) : ended.Folder.Part(ended.Task));
        string how = How(ended);
        int undone = 0;
        foreach (ChunkCase one in cases)
        {
            if (ended.Adopted && ledger.TryTakeOver(CaseOf(one))) continue;
            bool done = results.TryGetValue(one.Case, out JournalLine? line) && (!ended.Adopted || IsOfNow(one, line)) && TryFinish(one, line);
            if (!done && !Stopping) Again(one, line, ended, how);
            if (!done) undone++;
        }
        if (undone > 0 && !Stopping)
        {
            listener.Decided($"{ended.Last.Job}_{ended.Task}: {undone} of its {cases.Count} cases wait again "
                + $"({(ended.Whole ? "its time was over, or memory short" : how)})");
        }
        Watch(results.Count > 0 || ended.Whole, ended, how);
        ended.Folder.Remove(ended.Task);
    }

    /// <summary>The case's result stands; false when it is to be tried again.</summary>
    private bool TryFinish(ChunkCase one, JournalLine line)
    {
        CaseResult result = line.Result with
        {
            Predicted = one.Need,
            PredictedFrom = one.Source,
            Reserved = classes.CaseMemory(ClassOf(one)),
            Attempts = one.Kills + one.Losses + line.Result.Attempts,
        };
        bool outOfMemory = result.Status is CaseStatus.OutOfMemory or CaseStatus.DoesNotFit;
        bool ownLimit = outOfMemory && result.PeakMemory >= options.CaseMemoryLimit * NearLimit;
        if (outOfMemory) ledger.Summary.KernelKills++;
        if (result.PeakMemory > 0 && (result.Decided || (outOfMemory && !ownLimit))) Learn(one, outOfMemory, result);
        if (!Stopping && result.Status == CaseStatus.Cancelled) return false;
        if (!Stopping && outOfMemory && !ownLimit)
        {
            bool top = ClassOf(one) == classes.Top;
            if (!top && one.Kills < options.OomRetry) return false;
            result = result with
            {
                Status = top ? CaseStatus.DoesNotFit : CaseStatus.OutOfMemory,
                Reason = top
                    ? $"it ran out of memory with {Size(one)}, the most that a task can have here, when it held {MemorySize.Format(result.PeakMemory)}"
                    : $"it ran out of memory with {Size(one)}; attempt {result.Attempts} of {result.Attempts}",
            };
        }
        ledger.Add(line with { Result = result });
        return true;
    }

    private void Again(ChunkCase one, JournalLine? line, EndedTask ended, string how)
    {
        bool killed = line?.Result.Status is CaseStatus.OutOfMemory or CaseStatus.DoesNotFit;
        if (killed || (line == null && !ended.Whole && ended.Last.Phase == TaskPhase.OutOfMemory))
        {
            // Its task was ended with it, or before it had begun: that cannot be told, so it gets more as if it had been the one.
            bool last = one.Kills + 1 >= options.OomRetry;
            int above = classes.Above(ClassOf(one), line?.Result.PeakMemory ?? 0, last);
            if (!killed && ClassOf(one) == classes.Top) Lose(one, how);
            else plan.Return(one with { Class = above, Kills = killed ? one.Kills + 1 : one.Kills, Losses = killed ? one.Losses : one.Losses + 1 });
        }
        else if (line?.Result.Status == CaseStatus.Cancelled || (line == null && !ended.Whole)) Lose(one, how);
        else plan.Return(one with { Seconds = Math.Max(one.Seconds, predictor.Predict(one.Case).Duration.TotalSeconds) });
    }

    private void Lose(ChunkCase one, string how)
    {
        if (one.Losses + 1 <= MostLosses)
        {
            plan.Return(one with { Losses = one.Losses + 1 });
            return;
        }
        CaseResult result = Verdict.Failed(CaseOf(one), $"its task was lost {one.Losses + 1} times before it was compared; the last: {how}");
        ledger.Finish(result with { Attempts = one.Kills + one.Losses + 1 });
    }

    private void Learn(ChunkCase one, bool outOfMemory, CaseResult result)
    {
        history?.Add(new PeakObservation(one.Case, outOfMemory, new PeakSample(time.GetUtcNow(), result.PeakMemory, result.Duration)));
        if (!outOfMemory) predictor.LearnLike(one.Case, result.PeakMemory, result.Duration);
    }

    private void Watch(bool useful, EndedTask ended, string how)
    {
        _anyResult |= useful;
        if (_anyResult || Stopping || ++_inVain < MostInVain) return;
        throw new ClusterException($"{_inVain} tasks have ended without a result, and none with one. The last: {how}. "
            + $"Do the nodes see '{ended.Folder.FullPath}' and the module?");
    }

    /// <summary>How a task ended, for people.</summary>
    private static string How(EndedTask ended)
    {
        const int Longest = 200;
        string words = "";
        try
        {
            string log = ended.Folder.Log(ended.Task);
            if (!ended.Whole && File.Exists(log)) words = File.ReadLines(log).Where(line => line.Length > 0).TakeLast(1).FirstOrDefault("");
        }
        catch (IOException)
        {
            // What it said does not matter as much as that it ended.
        }
        string state = string.IsNullOrEmpty(ended.Last.State) ? "unknown to the cluster" : ended.Last.State;
        return $"task {ended.Last.Job}_{ended.Task} was {state}" + (string.IsNullOrEmpty(ended.Last.Node) ? "" : $" on {ended.Last.Node}")
            + (words.Length == 0 ? "" : $" ({(words.Length > Longest ? words[..Longest] + "..." : words)})");
    }

    private string Size(ChunkCase one) => MemorySize.Format(classes.CaseMemory(ClassOf(one)));

    // The largest task of the run that cut it may have been larger.
    private int ClassOf(ChunkCase one) => Math.Min(one.Class, classes.Top);

    private static TestCase CaseOf(ChunkCase one) => new(one.Case, one.Baseline, one.Candidate);

    /// <summary>The files are still those that were compared: between two runs they may have been written anew.</summary>
    private static bool IsOfNow(ChunkCase one, JournalLine line) =>
        line.Baseline == FileStamp.Of(one.Baseline) && line.Candidate == FileStamp.Of(one.Candidate);
}
