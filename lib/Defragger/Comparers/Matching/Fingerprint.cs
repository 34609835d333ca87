namespace Defragger.Comparers.Matching;

/// <summary>One fingerprint of a finding.</summary>
/// <param name="Value">The hash of name and value.</param>
/// <param name="Name">The number of its name in <see cref="FingerprintNames"/>.</param>
internal readonly record struct Fingerprint(ulong Value, int Name);
