namespace Defragger.Admission;

/// <summary>What a user may choose of the admission, and the constants of its rules.</summary>
internal sealed record AdmissionOptions
{
    /// <summary>How often a case that ran out of memory is tried again; the last time alone.</summary>
    public int OomRetry { get; init; } = 2;

    /// <summary>The share of the capacity that may be set aside while nothing is known of the cases.</summary>
    public const double LeastShare = 0.86;

    /// <summary>The share of the capacity that may be set aside when nine of ten waiting cases are known.</summary>
    /// <remarks>Histories keep the highest of the last runs, so most cases stay some percent below: 0.94, which is
    /// safe for exact predictions, cost 3 % where memory is scarce.</remarks>
    public const double MostShare = 0.97;

    /// <summary>How long the next case in order may be passed over before nothing else starts.</summary>
    /// <remarks>A short barrier drains the machine for every big case: 600 s cost up to 10 %.</remarks>
    public TimeSpan Barrier { get; init; } = TimeSpan.FromSeconds(1800);

    /// <summary>How long what others used counts after they gave it back.</summary>
    public TimeSpan ForeignWindow { get; init; } = TimeSpan.FromHours(1);
}
