namespace Defragger.Comparers;

/// <summary>What is known of one finding: hashes, no text.</summary>
/// <param name="Key">Tool, rule, file, line, message, level and kind: equal keys are the same finding.</param>
/// <param name="Identity">Tool, rule, file, line and message: what it is and where, whatever is thought of it. The key of a
/// finding that tells neither level nor kind.</param>
/// <param name="Fingerprints">Each of its fingerprints with its name, tool and rule, marked (<see cref="Mark"/>) by
/// what it is; null when it has none.</param>
internal readonly record struct SarifFinding(UInt128 Key, UInt128 Identity, UInt128[]? Fingerprints)
{
    /// <summary>What a hash stands for, in the order in which such hashes pair findings.</summary>
    public enum Kind
    {
        /// <summary><see cref="SarifFinding.Identity"/>: the finding itself, at another level.</summary>
        Identity,

        /// <summary>One of <c>fingerprints</c>, which identify a finding.</summary>
        Fingerprint,

        /// <summary>One of <c>partialFingerprints</c>, which contribute to that.</summary>
        PartialFingerprint,
    }

    private static readonly UInt128 s_kindBits = 3;

    /// <summary>The hash with its kind in the two lowest bits.</summary>
    public static UInt128 Mark(UInt128 hash, Kind kind) => (hash & ~s_kindBits) | (UInt128)(int)kind;

    /// <summary>The kind of a marked hash.</summary>
    public static Kind KindOf(UInt128 marked) => (Kind)(int)(marked & s_kindBits);
}
