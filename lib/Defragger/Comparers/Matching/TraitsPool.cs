namespace Defragger.Comparers.Matching;

/// <summary>Traits that are used again: of a thousand million findings nearly all are paired at once and forgotten.</summary>
/// <remarks>Without it the collector lets as much garbage lie as fits the processor's cache, tens of megabytes. It holds at
/// most what waited at one time.</remarks>
internal sealed class TraitsPool
{
    private readonly Stack<FindingTraits> _free = new();

    /// <summary>Traits whose members have any value.</summary>
    public FindingTraits Take() => _free.TryPop(out FindingTraits? traits) ? traits : new FindingTraits();

    /// <summary>Nobody looks at them any more.</summary>
    public void Return(FindingTraits traits) => _free.Push(traits);
}
