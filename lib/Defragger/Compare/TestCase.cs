namespace Defragger.Compare;

/// <summary>One case to compare: its name and where its two results lie.</summary>
/// <param name="Name">The path below the run's directory with '/' between its parts; the case's key in every output.</param>
/// <param name="BaselinePath">The baseline's file, or null when the baseline does not have the case.</param>
/// <param name="CandidatePath">The candidate's file, or null when the candidate does not have the case.</param>
internal readonly record struct TestCase(string Name, string? BaselinePath, string? CandidatePath);
