namespace Defragger.Comparers.Matching;

/// <summary>Pairs the findings that have no equal in the other log: which of them is which, though something changed.</summary>
/// <remarks>
/// Passes from strong evidence to weak; each takes away what it pairs, one to one, k equal ones k times:
///
///     1  an equal fingerprint that identifies, then one that contributes     FingerprintPass
///     2  rule, file and message, on the line where it is to be expected      KeyPass, GroupPairing
///     3  rule, file and message without its numbers; then the context in place of the message
///     4  rule, message and context in whatever file; files by another name   KeyPass, RenamePass
///     5  a rule by another name; a rule of that tool that says the same on the line; what is left between the same neighbours
///
/// Findings that are equal in all parts were paired while the logs were read, before any pass: that is what keeps memory
/// small, and nothing says more than that about two findings. An equal line alone is no pass of its own: when code moved
/// by as many lines as two findings with one message are apart, the one stands where the other was. Passes 1 to 5 follow sarif-sdk's matcher (the ideas, not the
/// code), which its issues #1539, #1690, #1807 and #1826 describe.
///
/// Invariants:
/// 1. The result does not depend on the order of the findings in a log, for <see cref="MatchTable"/> sorts them.
/// 2. Nor on which log is called the baseline: the caller hands in first the one with the smaller sum of keys.
/// Cost: n log n for n findings.
/// </remarks>
internal sealed class FindingMatcher
{
    private readonly MatchTable _table;

    public FindingMatcher(MatchTable table) => _table = table;

    /// <summary>Runs all passes.</summary>
    public void Run(FingerprintNames fingerprints, LogNames left, LogNames right)
    {
        FingerprintPass.Run(_table, fingerprints, identifying: true);
        FingerprintPass.Run(_table, fingerprints, identifying: false);
        ByMessage();
        KeyPass.Run(_table, static f => OfContext(FindingTraits.Join(f.Rule, f.Masked), f));
        if (RenamePass.RenameFiles(_table, left.Files, right.Files))
            ByMessage();
        Dictionary<ulong, ulong> rules = RenamePass.FindRules(_table, left.Rules, right.Rules);
        if (rules.Count > 0)
            ByRenamedRule(rules);
        KeyPass.Run(_table, static f => FindingTraits.Join(FindingTraits.Join(f.Tool, f.File), f.Message), sameLine: true);
        NeighbourPass.Run(_table);
    }

    /// <summary>Runs the passes that look for a partner in the same file, before one is looked for in others.</summary>
    public void RunInFiles(FingerprintNames fingerprints)
    {
        FingerprintPass.Run(_table, fingerprints, identifying: true, inFiles: true);
        FingerprintPass.Run(_table, fingerprints, identifying: false, inFiles: true);
        ByMessage();
    }

    private void ByMessage()
    {
        KeyPass.Run(_table, static f => OfRule(f.Rule, f));
        KeyPass.Run(_table, static f => OfRule(f.Rule, f, f.Masked));
        KeyPass.Run(_table, static f => OfContext(FindingTraits.Join(f.Rule, f.File), f));
    }

    private void ByRenamedRule(Dictionary<ulong, ulong> rules)
    {
        // Only the left side knows old names, and no rule has both: so one function serves both sides.
        KeyPass.Run(_table, f => OfRule(rules.GetValueOrDefault(f.Rule, f.Rule), f));
        KeyPass.Run(_table, f => OfRule(rules.GetValueOrDefault(f.Rule, f.Rule), f, f.Masked));
    }

    private static ulong OfRule(ulong rule, FindingTraits finding, ulong? message = null) =>
        FindingTraits.Join(FindingTraits.Join(rule, finding.File), message ?? finding.Message);

    private static ulong OfContext(ulong scope, FindingTraits finding) =>
        finding.Context == 0 ? 0 : FindingTraits.Join(scope, finding.Context);

    /// <summary>What became of two findings that are one.</summary>
    public FindingChange ChangeOf(int left, int right)
    {
        FindingTraits a = _table.Left.Findings[left];
        FindingTraits b = _table.Right.Findings[right];
        if (a.Rule != b.Rule || a.Message != b.Message || a.Standing != b.Standing)
            return FindingChange.Updated;
        if (a.FlowShape != b.FlowShape)
            return FindingChange.Updated;
        bool isThere = a.File == b.File && a.Line == b.Line && a.FlowSteps == b.FlowSteps && !_table.Left.HasNewFile[left];
        return isThere ? FindingChange.Unchanged : FindingChange.Moved;
    }
}

/// <summary>Files and rules that a log names, of all its findings.</summary>
internal sealed record LogNames
{
    public NameSet Files { get; } = new();

    public NameSet Rules { get; } = new();
}
