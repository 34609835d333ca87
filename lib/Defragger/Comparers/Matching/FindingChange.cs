namespace Defragger.Comparers.Matching;

/// <summary>What became of a finding.</summary>
internal enum FindingChange
{
    /// <summary>Only the candidate has it.</summary>
    New,

    /// <summary>Only the baseline has it.</summary>
    Absent,

    /// <summary>Both have it, and it says something else: message, level, kind, snippet, rule, or what the steps of its
    /// code flows say.</summary>
    Updated,

    /// <summary>Both have it, with all that is compared.</summary>
    Unchanged,

    /// <summary>Both have it, and it says the same: on another line, in another file, or with steps of its code flows
    /// there.</summary>
    Moved,
}

/// <summary>One finding that both logs have, or that one of them has.</summary>
/// <param name="Baseline">Which finding of the baseline it is, from 0; -1 if it has none.</param>
/// <param name="Candidate">Which finding of the candidate it is, from 0; -1 if it has none.</param>
/// <param name="Change">What became of it.</param>
internal readonly record struct FindingPair(long Baseline, long Candidate, FindingChange Change);
