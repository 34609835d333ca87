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
        else if (OutsideLink.Fault(one, options.Comparer.FurtherFiles(one), options.Within) is string fault) Finish(Verdict.Failed(one, fault));
        else return false;
        return true;
    }

    /// <summary>Takes the case's result over from an earlier run; false when there is none that holds.</summary>
    public bool TryTakeOver(TestCase one)
    {
        if (output.Earlier(one, options.Comparer.IdentityFor(one)) is not CaseResult known) return false;
        Tell(known);
        return true;
    }

    /// <summary>A case has its result now.</summary>
    /// <param name="result">The result.</param>
    /// <param name="baseline">Its baseline's file when it was compared.</param>
    /// <param name="candidate">Its candidate's file then.</param>
    /// <param name="comparer">What it was compared by.</param>
    /// <exception cref="IOException">The journal cannot be written.</exception>
    public void Finish(CaseResult result, FileStamp baseline, FileStamp candidate, string comparer) =>
        Add(new JournalLine(result with { Ended = time.GetUtcNow() }, baseline, candidate, comparer));

    /// <summary>A case has a result without having been compared.</summary>
    /// <exception cref="IOException">The journal cannot be written.</exception>
    public void Finish(CaseResult result) => Finish(result, FileStamp.None, FileStamp.None, options.Comparer.Identity);

    /// <summary>A case has the result of a journal's line.</summary>
    /// <exception cref="IOException">The journal cannot be written.</exception>
    public void Add(JournalLine line)
    {
        CaseResult result = line.Result with { OutputDirectory = output.Directory };
        output.Journal.Add(line with { Result = result });
        Tell(result);
    }

    private void Settle(TestCase one, CaseResult result) =>
        Finish(result, FileStamp.Of(one.BaselinePath), FileStamp.Of(one.CandidatePath), options.Comparer.IdentityFor(one));

    private void Tell(CaseResult result)
    {
        Summary.Add(result);
        listener.Ended(result);
    }
}
