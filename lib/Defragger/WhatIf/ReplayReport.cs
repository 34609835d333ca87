using System.Text.Json;

namespace Defragger.WhatIf;

/// <summary>Reads what the program defrag-trace prints: a JSON object a line (lib/Defragger.Native/replay/main.c).</summary>
internal sealed class ReplayReport
{
    private const string Core = "core";

    // As the program calls its policies, and as they are called here.
    private static readonly Dictionary<string, string> s_names = new(StringComparer.Ordinal)
    {
        ["first-fit"] = "FirstFit", ["best-fit"] = "BestFit", ["size-classes"] = "SizeClasses", [Core] = PolicyName.Defragger,
    };

    private static readonly int[] s_merged = [2, 8, 64];

    private readonly List<(string Name, long HeldMost, long Held, long PinnedMost, long Pinned)> _policies = [];
    private readonly List<TraceMoment> _moments = [];
    private JsonElement? _trace;

    /// <summary>Reads a whole report.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static ReplayReport Read(TextReader text)
    {
        var report = new ReplayReport();
        try
        {
            while (text.ReadLine() is string line) report.Take(line);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"defrag-trace printed something else than a report: {e.Message}", e);
        }
        return report._trace != null && report._moments.Count > 0 ? report
            : throw new FormatException("defrag-trace printed no report");
    }

    /// <summary>Moments in their order; the last is the end.</summary>
    public IReadOnlyList<TraceMoment> Moments => _moments;

    /// <summary>The most bytes of pages with something live, of our heap.</summary>
    public long PeakPinned => _policies.Single(one => one.Name == PolicyName.Defragger).PinnedMost;

    /// <summary>The figures of all policies, and what follows from them.</summary>
    public TraceMeasurement Measure(string path, string? command)
    {
        JsonElement trace = _trace!.Value;
        long process = trace.GetProperty("process").GetInt64();
        long meanLive = Mean(moment => moment.Live);
        List<PolicyOutcome> policies = Outcomes(meanLive);
        IReadOnlyList<MechanismSaving> savings = WhatIfVerdict.Savings(policies);
        var found = new TraceMeasurement
        {
            Path = path,
            Command = command,
            ProcessId = process == 0 ? null : process,
            Threads = process == 0 ? null : trace.GetProperty("threads").GetInt32(),
            WasCut = trace.GetProperty("cut").GetBoolean(),
            Operations = trace.GetProperty("operations").GetInt64(),
            PeakBlocks = trace.GetProperty("mostBlocks").GetInt64(),
            FinalBlocks = trace.GetProperty("blocks").GetInt64(),
            PeakLive = trace.GetProperty("mostLive").GetInt64(),
            FinalLive = trace.GetProperty("live").GetInt64(),
            MeanLive = meanLive,
            Policies = policies,
            Savings = savings,
            Verdict = "",
            Moments = _moments,
            ReplayTime = TimeSpan.FromSeconds(trace.GetProperty("seconds").GetDouble()),
        };
        return WhatIfVerdict.Judge(found);
    }

    private List<PolicyOutcome> Outcomes(long meanLive)
    {
        var outcomes = new List<PolicyOutcome>();
        foreach (string name in _moments[0].Held.Keys)
        {
            long mean = Mean(moment => moment.Held[name]);
            (long peak, long final) = PeakAndFinal(name);
            outcomes.Add(new PolicyOutcome(name, peak, final, mean, meanLive == 0 ? 0 : (double)mean / meanLive));
        }
        return outcomes;
    }

    // What the program counted after every operation; of merging there are the moments alone.
    private (long Peak, long Final) PeakAndFinal(string name)
    {
        foreach ((string policy, long heldMost, long held, long pinnedMost, long pinned) in _policies)
        {
            if (name == policy) return policy == PolicyName.Defragger ? (pinnedMost, pinned) : (heldMost, held);
            if (name == policy + PolicyName.Purge) return (pinnedMost, pinned);
        }
        return (_moments.Max(moment => moment.Held[name]), _moments[^1].Held[name]);
    }

    private long Mean(Func<TraceMoment, long> of) => (long)_moments.Average(moment => (double)of(moment));

    private void Take(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement item = document.RootElement;
        switch (item.GetProperty("kind").GetString())
        {
            case "trace":
                _trace = item.Clone();
                break;
            case "policy":
                _policies.Add((s_names[item.GetProperty("name").GetString()!], Number("heldMost"), Number("held"), Number("pinnedMost"), Number("pinned")));
                break;
            case "sample":
                _moments.Add(new TraceMoment(Number("operations"), Number("live"), Number("blocks"), Held(item)));
                break;
            default:
                throw new KeyNotFoundException("an object of an unknown kind");
        }

        long Number(string name) => item.GetProperty(name).GetInt64();
    }

    private Dictionary<string, long> Held(JsonElement sample)
    {
        var held = new Dictionary<string, long>(StringComparer.Ordinal);
        JsonElement kept = sample.GetProperty("held"), pinned = sample.GetProperty("pinned"), merged = sample.GetProperty("merged");
        for (int i = 0; i < _policies.Count; i++)
            if (_policies[i].Name != PolicyName.Defragger) held[_policies[i].Name] = kept[i].GetInt64();
        for (int i = 0; i < _policies.Count; i++)
            if (_policies[i].Name != PolicyName.Defragger) held[_policies[i].Name + PolicyName.Purge] = pinned[i].GetInt64();
        held[PolicyName.Defragger] = pinned[_policies.FindIndex(one => one.Name == PolicyName.Defragger)].GetInt64();
        for (int i = 0; i < s_merged.Length; i++) held[PolicyName.Merged(s_merged[i])] = merged[i].GetInt64();
        return held;
    }
}

/// <summary>The names of <see cref="PolicyOutcome"/> that something is made of.</summary>
internal static class PolicyName
{
    public const string BestFit = "BestFit", Purge = "+Purge", Defragger = "Defragger";

    public static string Merged(int pages) => $"{Defragger}+Merge{pages}";
}
