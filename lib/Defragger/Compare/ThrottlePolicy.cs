namespace Defragger.Compare;

/// <summary>How a run decides how many cases it may start.</summary>
public enum ThrottlePolicy
{
    /// <summary>By what each case needed before: memory is set aside for it before it starts. Tiers that were named are a cap.</summary>
    Predictive,

    /// <summary>By used memory alone.</summary>
    Tiers,
}
