using System.Globalization;

namespace Defragger.Bench.Malloc;

/// <summary>Processor time as ratios to the base, with the base's seconds.</summary>
internal static class SpeedTable
{
    public static string Of(Measurement measurement, Func<Workload, bool> counts)
    {
        Setting[] others = [.. measurement.Settings.Skip(1)];
        var table = new Table(["", $"{measurement.Base.Name}, s", .. others.Select(one => one.Name)]);
        foreach (Workload workload in measurement.Workloads)
        {
            table.Add([
                counts(workload) ? workload.Name : $"{workload.Name} (not in the mean)",
                Text(measurement.Seconds(workload, measurement.Base)),
                .. others.Select(one => Text(measurement.Ratio(workload, one))),
            ]);
        }
        table.Add(["**geometric mean**", "", .. others.Select(one => $"**{Text(measurement.Mean(one, counts))}**")]);
        return table.ToString();
    }

    private static string Text(double value) => value.ToString(value < 10 ? "f2" : "f1", CultureInfo.InvariantCulture);
}
