using System.Globalization;
using Defragger.Admission;

namespace Defragger.Compare;

/// <summary>Decisions in words, with the figures that they were made of.</summary>
internal static class Explanation
{
    /// <summary>Why a case waited, told when it starts.</summary>
    public static string Held(string name, TimeSpan wait, AdmissionDecision hold) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}: held {wait.TotalSeconds:0.0} s by {hold.HeldBy}") + hold.HeldBy switch
        {
            HoldReason.Reservation or HoldReason.Starvation => $" ({Expected(hold)}; {Sums(hold.Books)})",
            HoldReason.Available => $" ({Expected(hold)}; the machine had {Size(hold.Books.Available)} left)",
            HoldReason.Ceiling => $" (cases were killed for memory: {hold.Books.Ceiling} at a time for a while)",
            _ => "",
        };

    /// <summary>A case was killed for want of memory and waits again.</summary>
    public static string Retried(string name, bool byUs, CaseInHand one, long peak) =>
        $"{name}: {(byUs ? "ended by this run to save memory" : "killed by the kernel for want of memory")} when it held {Size(peak)}"
        + $"{Aside(one.Start)}; it waits again (attempt {one.Attempts})";

    /// <summary>A case was killed for want of memory for the last time.</summary>
    public static string OutOfMemory(bool byUs, CaseInHand one, long peak) =>
        (byUs ? "this run ended it to save memory" : "the kernel killed it for want of memory") + $" when it held {Size(peak)}"
        + Aside(one.Start) + (one.Attempts > 1 ? $"; attempt {one.Attempts} of {one.Attempts}" : "");

    /// <summary>A case ran out of memory with nothing beside it.</summary>
    public static string DidNotFit(CaseInHand one, long peak, MemorySizes machine) =>
        $"it ran out of memory with nothing beside it when it held {Size(peak)} ({machine}); attempt {one.Attempts}";

    /// <summary>A case is known not to fit.</summary>
    public static string CannotFit(AdmissionDecision refused, MemorySizes machine) =>
        $"not started: {Expected(refused)}, for it ran out of memory before ({machine})";

    private static string Expected(AdmissionDecision decision) =>
        $"it is expected to need {Size(decision.Prediction.Peak)} by {From(decision.Prediction.Source)}";

    private static string Sums(AdmissionBooks books) =>
        $"of {Size(books.Budget)} {Size(books.Reserved)} are set aside for others and {Size(books.Foreign)} used by other programs";

    private static string Aside(AdmissionDecision start) =>
        start.Reserved > 0 ? $", with {Size(start.Reserved)} set aside for it by {From(start.Prediction.Source)}" : "";

    private static string From(PredictionSource source) => source switch
    {
        PredictionSource.History => "its history",
        PredictionSource.LowerBound => "what it held when it ran out of memory",
        PredictionSource.Family => "what others of its directory needed",
        PredictionSource.Run => "what others of this run needed",
        _ => "a guess",
    };

    private static string Size(long bytes) => MemorySize.Format(Math.Max(0, bytes));
}

/// <summary>What a machine has and had left, for messages.</summary>
internal readonly record struct MemorySizes(long Total, long Available)
{
    public override string ToString() =>
        $"there are {MemorySize.Format(Total)}, and {MemorySize.Format(Math.Max(0, Available))} were left";
}
