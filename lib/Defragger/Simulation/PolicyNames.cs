using Defragger.Admission;

namespace Defragger.Simulation;

/// <summary>The policies that a trace can be played through, by name.</summary>
internal static class PolicyNames
{
    private static readonly (string Name, Func<SimulatedTrace, ISimulatedPolicy> Make)[] s_all =
    [
        ("Predictive", trace => new PredictivePolicy(trace, new AdmissionOptions())),
        ("Clairvoyant", trace => new ClairvoyantPolicy(trace)),
        ("Tiers", trace => new TierPolicy(trace.Cores, trace.Memory, freeOnly: false)),
        ("TiersTotalFree", trace => new TierPolicy(trace.Cores, trace.Memory, freeOnly: true)),
        // As shares, so that they mean the same on every machine: 8, 16 and 26 of 64 GB.
        ("MemfreeEighth", trace => new MemfreePolicy(trace.Cores, trace.Memory / 8)),
        ("MemfreeQuarter", trace => new MemfreePolicy(trace.Cores, trace.Memory / 4)),
        ("MemfreeTwoFifths", trace => new MemfreePolicy(trace.Cores, trace.Memory / 5 * 2)),
        ("FixedAll", trace => new FixedPolicy(trace.Cores)),
        ("FixedHalf", trace => new FixedPolicy(Math.Max(1, trace.Cores / 2))),
        ("FixedQuarter", trace => new FixedPolicy(Math.Max(1, trace.Cores / 4))),
    ];

    /// <summary>All names.</summary>
    public static IEnumerable<string> All => s_all.Select(one => one.Name);

    /// <summary>A fresh policy for a trace.</summary>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    public static ISimulatedPolicy Make(string name, SimulatedTrace trace)
    {
        foreach ((string known, Func<SimulatedTrace, ISimulatedPolicy> make) in s_all)
        {
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase)) return make(trace);
        }
        throw new ArgumentException($"There is no policy '{name}'; there are {string.Join(", ", All)}.", nameof(name));
    }
}
