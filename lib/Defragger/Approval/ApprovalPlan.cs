using Defragger.Compare;

namespace Defragger.Approval;

/// <summary>What is to be done for a case, once nothing speaks against it.</summary>
/// <param name="Case">The case.</param>
/// <param name="Name">The baseline's file, as a path below the baseline's directory.</param>
/// <param name="Action">What becomes of it.</param>
/// <param name="Bytes">The candidate's size; 0 for a file that goes.</param>
/// <param name="Source">Full path of the candidate's file, or null for a file that goes.</param>
/// <param name="Fresh">The candidate's file as it was when this was planned.</param>
/// <param name="Old">The baseline's file as it was then: a person may be asked in between, and take a while.</param>
internal sealed record ApprovalPlan(
    string Case, string Name, ApprovalAction Action, long Bytes, string? Source, FileStamp Fresh, FileStamp Old);
