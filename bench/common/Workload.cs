namespace Defragger.Bench;

/// <summary>A program that is run under every setting: a row of a table.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="Command">The program and its arguments.</param>
/// <param name="Note">What it does, in the words below the table.</param>
internal sealed record Workload(string Name, string[] Command, string Note);
