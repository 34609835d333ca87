namespace Defragger.Approval;

/// <summary>What became of a baseline's file.</summary>
public enum ApprovalAction
{
    /// <summary>It has the candidate's bytes now.</summary>
    Replaced,

    /// <summary>It is new, with the candidate's bytes.</summary>
    Added,

    /// <summary>It is gone, as it is from the candidate.</summary>
    Removed,

    /// <summary>It was so already.</summary>
    Unchanged,
}

/// <summary>A case whose candidate is the baseline now.</summary>
/// <param name="Case">The case.</param>
/// <param name="Action">What became of the baseline's file.</param>
/// <param name="Bytes">Its size now; 0 when it is gone.</param>
/// <param name="Path">Full path of the baseline's file.</param>
public sealed record ApprovedCase(string Case, ApprovalAction Action, long Bytes, string Path);

/// <summary>Why a case is not approved.</summary>
internal enum ApprovalFault
{
    /// <summary>One of its files is not the one that was compared.</summary>
    Stale,

    /// <summary>It was not compared.</summary>
    NotCompared,

    /// <summary>Its file is not a file below the baseline's directory, or a link leads elsewhere.</summary>
    Outside,

    /// <summary>A file could not be read or written. The baseline's file is as it was.</summary>
    Failed,
}

/// <summary>A case that is not approved; the message says why and what to do.</summary>
internal sealed class ApprovalException(ApprovalFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public ApprovalFault Fault { get; } = fault;
}
