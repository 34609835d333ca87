using Defragger.Comparers.Matching;

namespace Defragger.Comparers;

/// <summary>What is known of one finding: hashes, no text.</summary>
/// <param name="Content">Tool, rule, file, line, message, level, kind, snippet and code flows: what is compared.</param>
/// <param name="Key">The content and the fingerprints: findings with equal keys are the same one, whatever else there is.</param>
/// <param name="Traits">Its parts, for the passes that look for a partner when no key is equal.</param>
internal readonly record struct SarifFinding(UInt128 Content, UInt128 Key, FindingTraits Traits);
