using System.Globalization;

namespace Defragger.Bench.Malloc;

/// <summary>What was held in the course of one workload, an allocator a row.</summary>
internal static class MemoryTable
{
    private const double Mebibyte = 1 << 20;

    /// <param name="measurement">Where the workload was measured.</param>
    /// <param name="workload">The workload.</param>
    /// <param name="live">What lived at its end, in bytes.</param>
    public static string Of(Measurement measurement, Workload workload, double live)
    {
        var table = new Table(
            "MiB", "peak", "after frees", "2 s idle", "x live", "after trim", "x live", "Rss idle", "VmHWM", "CPU s");
        foreach (Setting setting in measurement.Settings)
        {
            double idle = Value("idle"), trimmed = Value("trimmed");
            table.Add([
                setting.Name, Size(Value("peak")), Size(Value("freed")),
                Size(idle), Times(idle, live), Size(trimmed), Times(trimmed, live),
                Size(Value("idle-rss")), Size(Value("most-rss")), Text(measurement.Seconds(workload, setting), "f2"),
            ]);

            double Value(string key) => measurement.Value(workload, setting, key);
        }
        return table.ToString();
    }

    public static string Size(double bytes) => Text(bytes / Mebibyte, "f1");

    // Of a workload that ends with nothing there is no multiple.
    private static string Times(double bytes, double live) => live < 1 ? "" : Text(bytes / live, "f1");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
