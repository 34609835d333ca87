namespace Defragger.Tests.Pester.StandIn;

/// <summary>For everything in the dialect that the stand-in does not have. Such a test fails; it never passes.</summary>
internal sealed class UnknownDialectException(string what)
    : Exception($"The stand-in for Pester does not know this: {what} Write the spec without it, or run real Pester.");
