using Defragger.Comparers.Matching;

namespace Defragger.Comparers.Rules;

/// <summary>A known difference that somebody looked at: which ones it covers, why, whose they are and until when.</summary>
internal sealed record IgnoreRule
{
    /// <summary>What became of the finding, value or record; null for anything.</summary>
    public IReadOnlyList<FindingChange>? When { get; init; }

    /// <summary>Wildcard of the case's name; null for any.</summary>
    public string? Case { get; init; }

    /// <summary>Wildcard of the finding's file, or of the way to a value; null for any, and for records and lines.</summary>
    public string? Path { get; init; }

    /// <summary>Wildcard of the id of the finding's rule; null for any, and for all but findings.</summary>
    public string? Rule { get; init; }

    /// <summary>Why it may differ. Every rule has one.</summary>
    public required string Reason { get; init; }

    /// <summary>Where the difference is tracked, or null.</summary>
    public string? Bug { get; init; }

    /// <summary>Who answers for the rule, or null.</summary>
    public string? Owner { get; init; }

    /// <summary>The last day on which it holds (UTC), or null.</summary>
    public DateOnly? Expires { get; init; }

    /// <summary>Whether it holds no more.</summary>
    public bool HasExpired(DateOnly today) => Expires < today;

    /// <summary>What the rule says, for messages.</summary>
    public override string ToString()
    {
        string when = When is null ? "any difference" : string.Join(" or ", When.Select(change => change.ToString().ToLowerInvariant()));
        (string Name, string? Value)[] parts = [("case", Case), ("path", Path), ("rule", Rule), ("bug", Bug), ("owner", Owner)];
        IEnumerable<string> told = parts.Where(part => part.Value != null).Select(part => $"{part.Name} '{part.Value}'");
        return string.Join(", ", [when, .. told, $"reason '{Reason}'"]);
    }
}
