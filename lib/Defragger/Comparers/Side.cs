namespace Defragger.Comparers;

/// <summary>Which of the two files.</summary>
internal enum Side
{
    Baseline,
    Candidate,
}
