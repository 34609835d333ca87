using System.Globalization;
using System.Text;

namespace Defragger.Bench.Merge;

/// <summary>The results in Markdown.</summary>
internal static class Document
{
    private const double Mebibyte = 1 << 20;

    // What merging has to reach: memory at the end of what is live, and processor time of that without.
    private const double MostOfLive = 2.0, MostTime = 1.03;

    public static string Of(Results results, Options options, string commit, string load)
    {
        var text = new StringBuilder();
        text.Append("# Merging pages: what a worker holds in the end\n\nWritten by `./defrag bench merge`; do not edit.\n\n");
        text.Append($"{Machine.Describe()}, load {load} to {Machine.Load()}.\n");
        text.Append($"{Machine.PythonVersion(options.Python)} with every object from each malloc, preloaded; commit {commit}. ");
        text.Append($"Rounds: {options.Rounds}, interleaved; medians.");
        if (options.Quick) text.Append(" **Quick: two small cases, not for comparing.**");
        text.Append($"""


            The worker is [samples/compare.py](../../samples/compare.py): {options.Cases} cases of {options.Records:N0} + {options.Records:N0} records, one after
            another; of each 1 % of the records stays, scattered. What stays takes {Size(results.Live)} MiB in a fresh process that has only
            ever had that, interpreter included. `Merged at rest`: it calls `df_compact` once, before it waits for more.
            [docs/merging.md](../merging.md) tells how it works.


            """);
        text.Append(Demands(results));
        text.Append($"\n![What is held in the end]({Plot.Name})\n\n");
        text.Append(Held(results));
        text.Append("""

            Pss: a page that is shown twice counts once. RSS counts it twice. Charged: by a memory cgroup of its own, which the worker joins as it begins,
            with what the kernel needs for its mappings; - where none can be made. Merged after each case, what is merged is
            written to by the next one, which counts references, and merged again. `merged by itself` (DEFRAGGER_MERGE=auto) calls nothing.

            """);
        if (results.Measurement.Find(Results.ByKernel) is { } kernel)
        {
            text.Append("\n`Merged by KSM` (DEFRAGGER_MERGE=ksm): at rest, by the kernel's own thread, which took ");
            text.Append($"{results.Measurement.Value(results.Worker, kernel, "ksmd") / 1e9:f2} s of processor time besides, at 2,000 pages every 20 ms.\n");
        }
        if (results.Missing.Count > 0) text.Append("\nNot there: ").AppendJoin("; ", results.Missing).Append(".\n");
        return text.ToString();
    }

    private static string Demands(Results results)
    {
        var table = new Table("demand", "limit", "measured", "met");
        Setting merged = results.Measurement.Find(Results.AtRest)!;
        Add("held 2 s after the last case, of what is live", MostOfLive, results.OfLive(merged));
        Add("processor time, of that without merging", MostTime, results.Measurement.Ratio(results.Worker, merged));
        return table.ToString();

        void Add(string demand, double limit, double value) =>
            table.Add([demand, Ratio(limit), Ratio(value), value <= limit ? "yes" : "**no**"]);
    }

    private static string Held(Results results)
    {
        Measurement measurement = results.Measurement;
        var table = new Table("", "2 s idle, MiB (Pss)", "of live", "RSS, MiB", "charged, MiB", "mappings", "peak (VmHWM), MiB", "processor time, s", "of not merged");
        foreach (Setting setting in measurement.Settings)
        {
            double charged = Value("charged");
            table.Add([
                setting.Name, Size(Value("idle")), Ratio(results.OfLive(setting)), Size(Value("idle-rss")), charged > 0 ? Size(charged) : "-",
                $"{Value("mappings"):f0}", Size(Value("most-rss")), measurement.Seconds(results.Worker, setting).ToString("f2", CultureInfo.InvariantCulture),
                Ratio(measurement.Ratio(results.Worker, setting)),
            ]);

            double Value(string key) => measurement.Value(results.Worker, setting, key);
        }
        return table.ToString();
    }

    private static string Size(double bytes) => (bytes / Mebibyte).ToString("f1", CultureInfo.InvariantCulture);

    private static string Ratio(double value) => value.ToString("0.00#", CultureInfo.InvariantCulture);
}
