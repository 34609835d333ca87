using Defragger.Compare;

namespace Defragger.Admission;

/// <summary>A case that waits.</summary>
/// <param name="Id">The caller's number for it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Since">When it came.</param>
internal sealed record QueuedCase(long Id, string Name, TimeSpan Since)
{
    /// <summary>How often it ran out of memory.</summary>
    public int Failures { get; init; }

    /// <summary>True when it may only run with nothing beside it.</summary>
    public bool Alone { get; init; }

    /// <summary>What held it while its turn had come.</summary>
    public HoldReason HeldBy { get; set; }

    /// <summary>Since when it was passed over though its turn had come; null while it was not.</summary>
    public TimeSpan? PassedOverSince { get; set; }
}
