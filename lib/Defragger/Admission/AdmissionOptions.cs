namespace Defragger.Admission;

/// <summary>What a user may choose of the admission, and the constants of its rules.</summary>
internal sealed record AdmissionOptions
{
    /// <summary>How often a case that ran out of memory is tried again; the last time alone.</summary>
    public int OomRetry { get; init; } = 2;

    /// <summary>Reserved share of the capacity while nothing is known of the cases.</summary>
    public double ColdShare { get; init; } = 0.86;

    /// <summary>Reserved share of the capacity when nine of ten cases are known.</summary>
    public double WarmShare { get; init; } = 0.97;

    /// <summary>How long the next case in order may be passed over before nothing else starts.</summary>
    /// <remarks>A short barrier drains the machine for every big case: 600 s cost up to 10 %.</remarks>
    public TimeSpan Barrier { get; init; } = TimeSpan.FromSeconds(1800);

    /// <summary>How long what others used counts after they gave it back.</summary>
    public TimeSpan ForeignWindow { get; init; } = TimeSpan.FromHours(1);
}
