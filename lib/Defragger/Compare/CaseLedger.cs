namespace Defragger.Compare;

/// <summary>Gives cases their results, whatever engine compares them: the journal first, then the summary and whoever listens.</summary>
internal sealed class CaseLedger(RunOptions options, RunOutput output, IRunListener listener, TimeProvider time)
{
    /// <summary>What the results so far come to.</summary>
    public CompareSummary Summary { get; } = new();

    /// <summary>Gives a case its result when it needs no process: taken over from an earlier run, on one side only, or out of
    /// bounds. False when it needs one.</summary>
    /// <exception cref="IOException">The journal cannot be written.</exception>
    public bool TrySettle(TestCase one)
    {
        if (TryTakeOver(one)) return true;
        if (one.BaselinePath == null && one.CandidatePath == null) Settle(one, Verdict.Failed(one, "neither side has it"));
        else if (one.BaselinePath == null || one.CandidatePath == null) Settle(one, Verdict.OneSided(one));
        else if (OutsideLink.Fault(one, options.Within) is string fault) Finish(Verdict.Failed(one, fault), FileStamp.None, FileStamp.None);
        else return false;
        return true;
    }

    /// <summary>Takes the case's result over from an earlier run; false when there is none that holds.</summary>
    public bool TryTakeOver(TestCase one)
    {
        if (output.Earlier(one, options.Comparer.Identity) is not CaseResult known) return false;
        Tell(known);
        return true;
    }

    /// <summary>A case has its result now.</summary>
    /// <exception cref="IOException">The journal cannot be written.</exception>
    public void Finish(CaseResult result, FileStamp baseline, FileStamp candidate) =>
        Add(new JournalLine(result with { Ended = time.GetUtcNow() }, baseline, candidate, options.Comparer.Identity));

    /// <summary>A case has the result of a journal's line.</summary>
    /// <exception cref="IOException">The journal cannot be written.</exception>
    public void Add(JournalLine line)
    {
        output.Journal.Add(line);
        Tell(line.Result);
    }

    private void Settle(TestCase one, CaseResult result) =>
        Finish(result, FileStamp.Of(one.BaselinePath), FileStamp.Of(one.CandidatePath));

    private void Tell(CaseResult result)
    {
        Summary.Add(result);
        listener.Ended(result);
    }
}
