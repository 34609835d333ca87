using Defragger.History;

namespace Defragger.Tests.History;

/// <summary>Two that say the same; a record with a list compares the list by identity.</summary>
internal sealed class CaseHistoryEquality : IEqualityComparer<CaseHistory>
{
    public static CaseHistoryEquality Instance { get; } = new();

    public bool Equals(CaseHistory? x, CaseHistory? y) =>
        x is not null && y is not null && x with { Samples = [] } == y with { Samples = [] } && x.Samples.SequenceEqual(y.Samples);

    public int GetHashCode(CaseHistory obj) => obj.Case.GetHashCode(StringComparison.Ordinal);
}
