using Defragger.Comparers.Matching;

namespace Defragger.Comparers.Noise;

/// <summary>The hashes by which <see cref="NoisePlaces"/> knows places.</summary>
internal static class NoisePlace
{
    private enum Sort
    {
        Record = 1,
        Insertion,
        Finding,
        NewFinding,
        Bytes,
    }

    /// <summary>A binary file, of which no more is known than that it differs.</summary>
    public static UInt128 Bytes => Of(Sort.Bytes, UInt128.Zero);

    /// <summary>A record or line: by its key, or by its number in the baseline.</summary>
    public static UInt128 Record(UInt128 key) => Of(Sort.Record, key);

    /// <summary>A value of a record.</summary>
    public static UInt128 Value(UInt128 key, string path) =>
        JsonHash.Of(key, JsonHash.Of(System.Text.Encoding.UTF8.GetBytes(path), JsonHash.Kind.Name), JsonHash.Kind.NamePath);

    /// <summary>Before a record of the baseline, by its number.</summary>
    public static UInt128 Insertion(long number) => Of(Sort.Insertion, (UInt128)(ulong)number);

    /// <summary>A finding that the baseline has, or one that it lacks by rule, file and message without its numbers.</summary>
    public static UInt128 Finding(FindingTraits? baseline, FindingTraits? candidate) => baseline is not null
        ? Of(Sort.Finding, (UInt128)(ulong)baseline.Number)
        : Of(Sort.NewFinding, FindingTraits.Join(FindingTraits.Join(candidate!.Rule, candidate.File), candidate.Masked));

    private static UInt128 Of(Sort sort, UInt128 what) => JsonHash.Of((UInt128)(int)sort, what, JsonHash.Kind.Member);
}
