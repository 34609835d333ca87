using Defragger.Admission;

namespace Defragger.Simulation;

/// <summary>Traces that admissions are measured by. The same name and seed give the same trace.</summary>
internal static class TraceGenerator
{
    private const double GB = 1L << 30;

    // An idle machine's own use.
    private static readonly ForeignLoad s_quiet = new((long)(2.5 * GB));

    private static readonly (string Name, Func<Draw, int, long, SimulatedTrace> Make)[] s_all =
    [
        ("Seed", (draw, cores, memory) => new("Seed", cores, memory, Regression(draw, cores, memory, Past.Good), s_quiet)),
        ("MemoryBound", (draw, cores, memory) => new("MemoryBound", cores, memory, Demanding(draw, cores, memory), s_quiet)),
        ("Giant", (draw, cores, memory) => new("Giant", cores, memory, Sand(draw, memory), s_quiet)),
        ("Cold", (draw, cores, memory) => new("Cold", cores, memory, Regression(draw, cores, memory, Past.None), s_quiet)),
        ("Stale", (draw, cores, memory) => new("Stale", cores, memory, Regression(draw, cores, memory, Past.Stale), s_quiet)),
        ("Foreign", (draw, cores, memory) => new("Foreign", cores, memory, Regression(draw, cores, memory, Past.Good, highest: 36),
            s_quiet with { Wave = (long)(memory * (20.0 / 64)), Period = 1800, Edge = 20 })),
        ("Ramps", (draw, cores, memory) => new("Ramps", cores, memory, Together(draw, cores, memory), s_quiet)),
    ];

    private enum Past
    {
        None,
        Good,
        Stale,
    }

    /// <summary>The names of all traces.</summary>
    public static IEnumerable<string> Names => s_all.Select(one => one.Name);

    /// <summary>Makes a trace.</summary>
    /// <param name="name">One of <see cref="Names"/>; upper and lower case are the same.</param>
    /// <param name="seed">Another seed gives another trace of the same kind.</param>
    /// <param name="cores">At least 1.</param>
    /// <param name="memory">The machine's memory, in bytes; demands scale with it.</param>
    /// <exception cref="ArgumentException">There is no such trace.</exception>
    public static SimulatedTrace Make(string name, int seed, int cores = 16, long memory = 64L << 30)
    {
        foreach ((string known, Func<Draw, int, long, SimulatedTrace> make) in s_all)
        {
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase)) return make(new Draw(seed), cores, memory);
        }
        throw new ArgumentException($"There is no trace '{name}'; there are {string.Join(", ", Names)}.", nameof(name));
    }

    /// <summary>The comparison this module was made for: 4,500 cases in families, most of them small, the largest of 50 of
    /// 64 GB. What the cases hold over time is about half of what the cores' time has room for.</summary>
    private static List<SimulatedCase> Regression(Draw draw, int cores, long memory, Past past, double highest = 50)
    {
        const int Cases = 4500, Families = 60;
        double[] middles = [.. Enumerable.Range(0, Families).Select(_ => draw.LogNormal(0.7))];
        var shapes = new List<SimulatedCase>(Cases);
        for (int i = 0; i < Cases; i++)
        {
            int family = draw.Below(Families);
            double duration = Math.Clamp(38 * draw.LogNormal(1.1), 2, 2400);
            // Longer cases need more, by the fourth root; one in forty has an input far larger than its family's.
            double peak = middles[family] * draw.LogNormal(0.45) * Math.Pow(duration / 38, 0.25);
            if (draw.Chance(0.025))
            {
                double larger = 3 + (7 * draw.Share());
                peak *= larger;
                duration = Math.Min(2400, duration * larger / 2);
            }
            shapes.Add(new SimulatedCase($"family{family:00}/case{i:0000}", (long)(peak * GB), duration, 0, 0.35 + (0.6 * draw.Share())));
        }
        double scale = Scale(shapes, 0.48 * memory / cores);
        long most = (long)(memory * highest / 64), least = memory / 1280;
        return [.. shapes.Select(one => one with { Peak = Math.Clamp((long)(one.Peak * scale), least, most) })
            .Select(one => one with { History = Known(draw, past, one) })];
    }

    /// <summary>What peaks must be multiplied with so that the mean memory of a core's cases over time is this many bytes.</summary>
    private static double Scale(List<SimulatedCase> cases, double mean) =>
        mean * cases.Sum(one => one.Duration) / cases.Sum(one => one.Area);

    /// <summary>What a history says of a case.</summary>
    private static PeakRecord? Known(Draw draw, Past past, SimulatedCase one)
    {
        bool known = past != Past.None && draw.Chance(0.92);
        bool grown = draw.Chance(past == Past.Stale ? 0.2 : 0.03);
        double factor = grown ? 1.5 + (1.5 * draw.Share()) : 1;
        // A history keeps the highest of the last three runs, which differ by some percent.
        double noise = HighestOfThree(draw, 0.08);
        double time = draw.LogNormal(0.1);
        return known
            ? new PeakRecord(one.Name, (long)(one.Peak / factor * noise), TimeSpan.FromSeconds(one.Duration * time))
            : null;
    }

    private static double HighestOfThree(Draw draw, double sigma) =>
        Math.Max(draw.LogNormal(sigma), Math.Max(draw.LogNormal(sigma), draw.LogNormal(sigma)));

    /// <summary>Cases that load what they work on and keep it: all cores busy would hold 1.2 times the memory.</summary>
    private static List<SimulatedCase> Demanding(Draw draw, int cores, long memory)
    {
        const int Cases = 3000, Families = 30;
        double[] middles = [.. Enumerable.Range(0, Families).Select(_ => draw.LogNormal(0.5))];
        var cases = new List<SimulatedCase>(Cases);
        for (int i = 0; i < Cases; i++)
        {
            int family = draw.Below(Families);
            double duration = Math.Clamp(60 * draw.LogNormal(0.7), 5, 1200);
            double peak = Math.Clamp(middles[family] * draw.LogNormal(0.3), 0.05, 8);
            double rampTo = 0.03 + (0.07 * draw.Share());
            cases.Add(new SimulatedCase($"family{family:00}/case{i:0000}", (long)(peak * GB), duration, 0, rampTo));
        }
        double scale = Scale(cases, 1.2 * memory / cores);
        return [.. cases.Select(one => one with { Peak = (long)(one.Peak * scale) }).Select(one => one with
        {
            History = new PeakRecord(one.Name, (long)(one.Peak * HighestOfThree(draw, 0.03)), TimeSpan.FromSeconds(one.Duration * draw.LogNormal(0.1))),
        })];
    }

    /// <summary>10,000 small cases and one that needs seven tenths of the memory.</summary>
    private static List<SimulatedCase> Sand(Draw draw, long memory)
    {
        const int Cases = 10_000;
        int place = draw.Below(Cases);
        var cases = new List<SimulatedCase>(Cases + 1);
        for (int i = 0; i <= Cases; i++)
        {
            bool giant = i == place;
            double duration = giant ? 600 : Math.Clamp(10 * draw.LogNormal(0.6), 1, 120);
            long peak = (long)((giant ? 45 : Math.Clamp(0.4 * draw.LogNormal(0.6), 0.05, 3)) * memory / 64);
            string name = giant ? "giant/case" : $"sand{i % 20:00}/case{i:00000}";
            PeakRecord history = new(name, (long)(peak * draw.LogNormal(0.05)), TimeSpan.FromSeconds(duration * draw.LogNormal(0.1)));
            cases.Add(new SimulatedCase(name, peak, duration, 0, 0.3 + (0.4 * draw.Share()), history));
        }
        return cases;
    }

    /// <summary>Cases of one length that take their memory late and all at the same time.</summary>
    private static List<SimulatedCase> Together(Draw draw, int cores, long memory)
    {
        int count = cores * 60;
        var cases = new List<SimulatedCase>(count);
        for (int i = 0; i < count; i++)
        {
            long peak = (long)((2 + (6 * draw.Share())) * memory / 64);
            string name = $"wave/case{i:0000}";
            var history = new PeakRecord(name, (long)(peak * HighestOfThree(draw, 0.08)), TimeSpan.FromSeconds(120));
            cases.Add(new SimulatedCase(name, peak, 120, 0.7, 0.8, history));
        }
        return cases;
    }
}
