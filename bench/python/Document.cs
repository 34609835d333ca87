using System.Globalization;
using System.Text;

namespace Defragger.Bench.Python;

/// <summary>The results in Markdown.</summary>
internal static class Document
{
    private const double Mebibyte = 1 << 20;

    public static string Of(Results results, Options options, string commit, string load)
    {
        var text = new StringBuilder();
        text.Append("# Python: a worker that lives long\n\nWritten by `./defrag bench python`; do not edit.\n\n");
        text.Append($"{Machine.Describe()}, load {load} to {Machine.Load()}.\n");
        text.Append($"{Machine.PythonVersion(options.Python)}, as installed and linked with our malloc, commit {commit}. ");
        text.Append($"Rounds: {options.Rounds}, interleaved; medians.");
        if (options.Quick) text.Append(" **Quick: two small cases, not for comparing.**");
        text.Append($"""


            The worker is [samples/compare.py](../../samples/compare.py): {options.Cases} cases of {options.Records:N0} + {options.Records:N0} records, one in ten
            with a snippet. A case is loaded, compared and dropped; the records that differ, 1 % and scattered, stay. What stays takes
            {Size(results.Live)} MiB in a fresh stock process, interpreter included. Memory is Pss: resident pages, shared ones by their share.

            ## What ours has to reach


            """);
        text.Append(Demands(results));
        text.Append($"""

            ![What the worker holds]({Plot.Name})

            The worker that rests: each case has three points, with both files loaded, after they were dropped, and after the rest. `live`
            is what stays, in a process that has had nothing else.

            `defragger` is an executable linked from the installed Python's library; `switched off` is the same with `DEFRAGGER=off`, so
            that it shows what the link alone costs: Debian's own executable was optimised as a whole (LTO), and its library's
            archive no longer tells how. `preloaded` is the stock executable with our malloc and `PYTHONMALLOC=malloc`.

            """);
        Section("One case after another", results.BusyWorker, rests: false);
        Section("With two seconds of rest after each case", results.RestingWorker, rests: true);
        return text.ToString();

        void Section(string title, Workload workload, bool rests)
        {
            text.Append($"\n## {title}\n\n").Append(Sums(results, workload)).Append('\n').Append(Course(results, workload, rests));
        }
    }

    private static string Demands(Results results)
    {
        var table = new Table("demand", "limit", "measured", "met");
        Workload busy = results.BusyWorker;
        Add("memory at the end, 2 s idle, of stock's", 1.0 / 3, Share(results, busy, "idle", results.OnOurs));
        Add("processor time, linked, of stock's", 1.05, results.Measurement.Ratio(busy, results.OnOurs));
        Add("processor time, preloaded, of stock's", 1.05, results.Measurement.Ratio(busy, results.OnPreloaded));
        return table.ToString();

        void Add(string demand, double limit, double value) =>
            table.Add([demand, Ratio(limit), Ratio(value), value <= limit ? "yes" : "**no**"]);
    }

    private static string Sums(Results results, Workload workload)
    {
        Measurement measurement = results.Measurement;
        var table = new Table(
            "", "2 s idle, MiB", "of stock's", "after `malloc_trim(0)`, MiB", "peak (VmHWM), MiB", "of stock's", "processor time, s", "of stock's");
        foreach (Setting setting in new[] { results.OnStock, results.OnOurs, results.OnOff, results.OnPreloaded })
        {
            table.Add([
                setting.Name, Held("idle"), Ratio(Share(results, workload, "idle", setting)), Held("trimmed"),
                Held("most-rss"), Ratio(Share(results, workload, "most-rss", setting)),
                Text(measurement.Seconds(workload, setting)), Ratio(measurement.Ratio(workload, setting)),
            ]);

            string Held(string key) => Size(measurement.Value(workload, setting, key));
        }
        return table.ToString();
    }

    // Case by case: with both files loaded, after they were dropped, after the rest.
    private static string Course(Results results, Workload workload, bool rests)
    {
        string[] keys = rests ? ["loaded", "dropped", "rested"] : ["loaded", "dropped"];
        Setting[] settings = [results.OnStock, results.OnOurs];
        var table = new Table(["MiB, case", .. settings.SelectMany(one => keys.Select(key => $"{one.Name}, {key}"))]);
        for (int number = 1; number <= results.Cases; number++)
        {
            int shown = number;
            table.Add([
                $"{shown}",
                .. settings.SelectMany(one => keys.Select(key => Size(results.Measurement.Value(workload, one, $"{key}-{shown}")))),
            ]);
        }
        return table.ToString();
    }

    private static double Share(Results results, Workload workload, string key, Setting setting) =>
        results.Measurement.Value(workload, setting, key) / results.Measurement.Value(workload, results.OnStock, key);

    private static string Size(double bytes) => (bytes / Mebibyte).ToString("f1", CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("f2", CultureInfo.InvariantCulture);

    private static string Ratio(double value) => value.ToString("0.00#", CultureInfo.InvariantCulture);
}
